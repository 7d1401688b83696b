package consumer

import (
	"fmt"
	"time"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// All is the stream name of groups that follow $all.
const All = "$all"

// Key names a group.
type Key struct{ Stream, Group string }

// String is the name in the group's own streams.
func (k Key) String() string { return k.Stream + "::" + k.Group }

func (k Key) checkpoints() string { return "$persistentsubscription-" + k.String() + "-checkpoint" }

func (k Key) parked() string { return "$persistentsubscription-" + k.String() + "-parked" }

// Strategy is how a group chooses the client of an event.
type Strategy string

// The strategies.
const (
	RoundRobin       Strategy = "RoundRobin"       // in turn
	DispatchToSingle Strategy = "DispatchToSingle" // the first client until it is full
	Pinned           Strategy = "Pinned"           // events of one stream go to one client
	byCorrelation    Strategy = "PinnedByCorrelation"
)

// Settings are what a group may be told.
type Settings struct {
	ResolveLinks    bool          `json:"resolveLinkTos"`
	ExtraStatistics bool          `json:"extraStatistics"`
	MessageTimeout  time.Duration `json:"messageTimeout"`     // after which an event counts as refused; 0: never
	MaxRetries      int           `json:"maxRetryCount"`      // refusals after which an event is parked
	LiveBuffer      int           `json:"liveBufferSize"`     // events held at the end of the stream
	HistoryBuffer   int           `json:"historyBufferSize"`  // events held while catching up
	ReadBatch       int           `json:"readBatchSize"`      // events read at once
	CheckpointAfter time.Duration `json:"checkPointAfter"`    // least time between checkpoints
	MinCheckpoint   int           `json:"minCheckPointCount"` // least progress that is worth one
	MaxCheckpoint   int           `json:"maxCheckPointCount"` // progress that makes one at once
	MaxSubscribers  int           `json:"maxSubscriberCount"` // 0: any number
	Strategy        Strategy      `json:"namedConsumerStrategy"`
}

// Start is where a group without a checkpoint begins: with the revision or
// position From, or after the end as of its creation.
type Start struct {
	End  bool  `json:"end,omitempty"`
	From int64 `json:"from"`
}

// entry is a group as it is stored.
type entry struct {
	Stream string              `json:"stream"`
	Group  string              `json:"group"`
	Start  Start               `json:"start"`
	Next   int64               `json:"next"` // first revision or position to read; settled when the group is made
	Filter *reading.Expression `json:"filter,omitempty"`
	Settings
}

func (e entry) key() Key { return Key{e.Stream, e.Group} }

func (e entry) all() bool { return e.Stream == All }

// largest is what a count of the protocol can hold in practice; it bounds memory.
const largest = 1 << 20

// check refuses settings that make no sense.
func (e entry) check() error {
	s := e.Settings
	switch s.Strategy {
	case RoundRobin, DispatchToSingle, Pinned:
	case byCorrelation:
		return fmt.Errorf("%w: strategy %s; use %s, which keeps the events of a stream together", ErrUnsupported, s.Strategy, Pinned)
	default:
		return fmt.Errorf("%w: strategy %q is unknown; use %s, %s or %s", ErrInvalid, s.Strategy, RoundRobin, DispatchToSingle, Pinned)
	}
	for name, n := range map[string]int{
		"max retry count": s.MaxRetries, "live buffer size": s.LiveBuffer, "history buffer size": s.HistoryBuffer,
		"read batch size": s.ReadBatch, "min checkpoint count": s.MinCheckpoint, "max checkpoint count": s.MaxCheckpoint,
		"max subscriber count": s.MaxSubscribers,
	} {
		if n < 0 || n > largest {
			return fmt.Errorf("%w: %s %d is not in 0 to %d", ErrInvalid, name, n, largest)
		}
	}
	if s.MessageTimeout < 0 || s.CheckpointAfter < 0 {
		return fmt.Errorf("%w: a duration is negative", ErrInvalid)
	}
	if e.Stream == "" || e.Group == "" {
		return fmt.Errorf("%w: a group needs a stream and a name", ErrInvalid)
	}
	if longest := journal.MetadataStream(e.key().checkpoints()); len(longest) > journal.MaxStreamName {
		return fmt.Errorf("%w: the names of the stream and the group are too long together", ErrInvalid)
	}
	if s.ReadBatch < 1 || s.ReadBatch >= s.HistoryBuffer {
		return &GroupError{Failed, e.key(), "the read batch size must be at least 1 and smaller than the history buffer size"}
	}
	if s.LiveBuffer < 1 {
		return &GroupError{Failed, e.key(), "the live buffer size must be at least 1"}
	}
	return nil
}

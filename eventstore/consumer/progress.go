package consumer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// Types of the events that groups write.
const (
	checkpointType = "$SubscriptionCheckpoint"
	metadataType   = "$metadata"
)

// writeTime bounds one write of a group.
const writeTime = 10 * time.Second

// Position writes a revision, or a position of $all, as EventStoreDB does.
func Position(all bool, at int64) string {
	if all {
		return fmt.Sprintf("C:%d/P:%d", at, at)
	}
	return strconv.FormatInt(at, 10)
}

func parsePosition(all bool, text string) (int64, error) {
	if all {
		commit, _, ok := strings.Cut(strings.TrimPrefix(text, "C:"), "/P:")
		if !ok {
			return 0, fmt.Errorf("position %q is malformed", text)
		}
		text = commit
	}
	return strconv.ParseInt(text, 10, 64)
}

// loadCheckpoint returns how far a group has come, if it ever wrote that. One
// that cannot be read counts as none: what was done is then delivered again.
func (g *Groups) loadCheckpoint(e entry) (mark int64, known bool, err error) {
	r, found, err := g.newest(e.key().checkpoints())
	if err != nil || !found {
		return 0, false, err
	}
	var text string
	if err = json.Unmarshal(r.Data, &text); err == nil {
		mark, err = parsePosition(e.all(), text)
	}
	if err != nil {
		g.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "checkpoint of a consumer group cannot be read",
			slog.String("group", e.key().String()), slog.String("error", err.Error()))
		return 0, false, nil
	}
	return mark, true, nil
}

// newest returns the last event of a stream, unless it is deleted.
func (g *Groups) newest(stream string) (journal.Record, bool, error) {
	s, err := g.journal.Stream(stream)
	if err != nil || s.Missing() || s.Tombstoned || s.First > s.Last {
		return journal.Record{}, false, err
	}
	return g.journal.Event(stream, s.Last)
}

// checkpoint writes how far the group has come when that is worth it: at once
// when it is MaxCheckpoint, and otherwise when it is MinCheckpoint and
// CheckpointAfter has passed.
func (n *group) checkpoint(now time.Time) {
	gain := n.line.marked - n.savedCount
	if n.saving || n.line.mark <= n.saved || gain < 1 || n.paused() {
		return
	}
	if at, ok := n.checkpointDue(); gain < int64(n.MaxCheckpoint) && (!ok || now.Before(at)) {
		return
	}
	n.saving = true
	mark, count := n.line.mark, n.line.marked
	first := n.saved < 0
	n.writes.Go(func() {
		err := n.groups.writeCheckpoint(n.entry, mark, first)
		n.post(func() {
			n.saving = false
			if err != nil {
				n.failed("write a checkpoint", err)
				return
			}
			n.saved, n.savedCount, n.savedAt = mark, count, n.now()
		})
	})
}

// checkpointDue is when the timer writes a checkpoint, if there is progress.
func (n *group) checkpointDue() (time.Time, bool) {
	gain := n.line.marked - n.savedCount
	if gain < max(1, int64(n.MinCheckpoint)) || n.saving || n.line.mark <= n.saved {
		return time.Time{}, false
	}
	return n.savedAt.Add(n.CheckpointAfter), true
}

func (g *Groups) writeCheckpoint(e entry, mark int64, first bool) error {
	data, err := json.Marshal(Position(e.all(), mark))
	if err != nil {
		return err
	}
	if first {
		if err := g.limit(e.key().checkpoints(), 2); err != nil {
			return err
		}
	}
	return g.write(e.key().checkpoints(), journal.Event{ID: newID(), Type: checkpointType, JSON: true, Data: data})
}

// limit sets how many events a stream of ours keeps.
func (g *Groups) limit(stream string, events int) error {
	return g.write(journal.MetadataStream(stream), journal.Event{
		ID: newID(), Type: metadataType, JSON: true, Data: fmt.Appendf(nil, `{"$maxCount":%d}`, events),
	})
}

func (g *Groups) write(stream string, events ...journal.Event) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	_, err := g.journal.Append(ctx, stream, journal.Any, events...)
	return err
}

// parkedMetadata says why an event was parked.
type parkedMetadata struct {
	Added  time.Time `json:"added"`
	Reason string    `json:"reason"`
}

// writeParked writes links to what is to be parked; the events count as done
// when that is on disk.
func (n *group) writeParked() {
	if n.parking || len(n.line.park) == 0 || n.paused() {
		return
	}
	n.parking = true
	list := n.line.park
	n.line.park = nil
	now := n.now().UTC()
	n.writes.Go(func() {
		err := n.groups.park(n.key().parked(), now, list)
		n.post(func() { n.wasParked(list, err) })
	})
}

func (n *group) wasParked(list []parking, err error) {
	n.parking = false
	if err != nil {
		n.failed("park", err)
		n.line.park = append(list, n.line.park...)
		return
	}
	for _, p := range list {
		n.line.finish(p.message)
	}
}

// parkAtOnce bounds one append of parked events.
const parkAtOnce = 256

func (g *Groups) park(stream string, now time.Time, list []parking) error {
	for len(list) > 0 {
		part := list[:min(len(list), parkAtOnce)]
		events := make([]journal.Event, len(part))
		for i, p := range part {
			meta, err := json.Marshal(parkedMetadata{now, p.reason})
			if err != nil {
				return err
			}
			events[i] = journal.Event{ID: newID(), Type: reading.LinkType, Data: p.message.link(), Metadata: meta}
		}
		if err := g.write(stream, events...); err != nil {
			return err
		}
		list = list[len(part):]
	}
	return nil
}

// link is what a link to a message's event says. An unresolved link is passed on.
func (m *message) link() []byte {
	switch {
	case m.target.Found:
		return fmt.Appendf(nil, "%d@%s", m.target.Event.Revision, m.target.Event.Stream)
	case m.target.IsLink:
		return m.record.Data
	default:
		return fmt.Appendf(nil, "%d@%s", m.record.Revision, m.record.Stream)
	}
}

// replays is what is left of the parked events that were asked for again. They
// stay in the parked stream until all are done with, so that a crash loses none.
type replays struct {
	next, end int64
	forget    bool // end is to be hidden when all are done
}

func (r replays) open() bool { return r.next < r.end }

// replay asks for the parked events before stopAt, a revision of the parked
// stream; negative: all.
func (n *group) replay(stopAt int64) error {
	var err error
	ok := n.do(func() {
		var s journal.Stream
		if s, err = n.groups.journal.Stream(n.key().parked()); err != nil || s.Missing() || s.Tombstoned {
			return
		}
		end := s.Last + 1
		if stopAt >= 0 {
			end = min(end, stopAt)
		}
		r := &n.replays
		if r.next = max(r.next, s.First); end > r.end {
			r.end, r.forget = end, true
		}
	})
	if !ok {
		return &GroupError{Kind: Dropped, Key: n.key()}
	}
	return err
}

// readParked queues some of the parked events.
func (n *group) readParked(limit int) bool {
	for e, err := range n.groups.journal.Events(n.key().parked(), n.replays.next, n.replays.end-1) {
		if err != nil {
			n.failed("read parked events", err)
			return false
		}
		m := &message{record: e.Clone(), point: e.Revision}
		if m.target, err = reading.Follow(n.groups.journal, e); err != nil {
			n.failed("read a parked event", err)
			return false
		}
		n.replays.next = e.Revision + 1
		if m.target.Found || !m.target.IsLink {
			n.line.addReplay(m)
		}
		if limit--; limit == 0 {
			return true
		}
	}
	n.replays.next = n.replays.end
	return true
}

// forgetReplayed hides the parked events that were replayed when all are done.
func (n *group) forgetReplayed() {
	if !n.replays.forget || n.replays.open() || n.line.replayed > 0 || n.paused() {
		return
	}
	n.replays.forget = false
	before := n.replays.end
	n.writes.Go(func() {
		err := n.groups.write(journal.MetadataStream(n.key().parked()), journal.Event{
			ID: newID(), Type: metadataType, JSON: true, Data: fmt.Appendf(nil, `{"$tb":%d}`, before),
		})
		if err != nil {
			n.post(func() {
				n.replays.forget = true
				n.failed("hide replayed events", err)
			})
		}
	})
}

func (g *Groups) deleteStream(stream string, expected journal.Expected) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	_, err := g.journal.Delete(ctx, stream, expected)
	return err
}

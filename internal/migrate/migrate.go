package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

// RawEvent is a stored event as it is.
type RawEvent = esdbstore.RawEvent

// Source is the log that is copied. A *esdbstore.Client is one.
type Source interface {
	ReadAll(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[RawEvent, error]
	Head(ctx context.Context) (es.Position, error)
}

// Target is the log that is written. A *esdbstore.Client is one.
type Target interface {
	Source
	AppendRaw(ctx context.Context, stream string, after es.Revision, events ...RawEvent) error
	Tombstone(ctx context.Context, stream string, after es.Revision) error
}

// Migration is one move of a log.
type Migration struct {
	From Source
	To   Target
	// File holds the progress. It is made at the first step and must lie where
	// the next attempt finds it.
	File string
	// Names of both ends for the progress file and for errors, without passwords.
	FromName, ToName string
	// Progress hears the position reached and the source's head; it may be nil.
	Progress func(at, head es.Position)
}

// Report is what a finished move did.
type Report struct {
	Events     int  // own events in the target now
	Written    int  // of these, by this run
	Metadata   int  // versions of metadata, of all streams, that were copied
	Tombstones int  // streams that were tombstoned
	LeftBehind int  // events of the store's own streams, not copied
	Resumed    bool // an earlier run had begun

	// Gaps are ranges of revisions that the source had scavenged, and
	// Placeholders the events that stand for them in the target; of those that
	// this run met.
	Gaps, Placeholders int
	// Defaults tells whether the default access lists ($settings) were copied;
	// KeptDefaults, that the target has others of its own, which stay.
	Defaults, KeptDefaults bool
}

// The refusals of a move.
var (
	// ErrTargetInUse refuses a target that holds events of somebody else.
	ErrTargetInUse = errors.New("the target holds events already: move the log into an empty store")
	// ErrOtherMove refuses a progress file of another move.
	ErrOtherMove = errors.New("the progress file belongs to another move")
	// ErrSourceMoved reports a source that was written to meanwhile.
	ErrSourceMoved = errors.New("the source was written to during the move: stop what writes to it and run the same command again")
)

// Bounds of one append; the store's own limit is 1 MiB.
const (
	batchEvents = 200
	batchBytes  = 512 << 10
)

// The ends of names of streams and types that are the store's.
const (
	systemPrefix   = "$"
	metadataPrefix = "$$"
	metadataType   = "$metadata"
	settingsStream = "$settings" // default access lists
	allStream      = "$all"      // has metadata, too
	tombstoneType  = "$streamDeleted"
)

// describes tells whether the metadata of a stream are copied.
func describes(stream string) bool { return own(stream) || stream == allStream }

// own tells whether a stream holds events of ours.
func own(stream string) bool { return !strings.HasPrefix(stream, systemPrefix) }

// Run copies what the target lacks and returns when it is durable there. It
// does not compare: see [Compare]. After any failure the same call goes on
// where it was.
func (m *Migration) Run(ctx context.Context) (Report, error) {
	r := &run{Migration: m, metadata: map[string][]RawEvent{}, tombstones: map[string]bool{}}
	if err := r.copy(ctx); err != nil {
		return r.report, fmt.Errorf("move the log from %s to %s: %w", m.FromName, m.ToName, err)
	}
	return r.report, nil
}

// run is the state of one run.
type run struct {
	*Migration
	place      place
	head       es.Position
	report     Report
	batch      []RawEvent // of one stream, one after the other
	bytes      int
	unsaved    int                   // batches since the progress was kept
	metadata   map[string][]RawEvent // by stream, all versions
	settings   []RawEvent
	tombstones map[string]bool
	ended      []string         // tombstoned streams, in log order
	gaps       map[string][]gap // by stream; nil: not looked for yet
}

func (r *run) copy(ctx context.Context) error {
	var err error
	if r.head, err = r.From.Head(ctx); err != nil {
		return err
	}
	if err := r.resume(ctx); err != nil {
		return err
	}
	for e, err := range r.From.ReadAll(ctx, 0, nil) {
		if err != nil {
			return err
		}
		if err := r.take(ctx, e); err != nil {
			return err
		}
	}
	if err := r.flush(ctx, r.head); err != nil {
		return err
	}
	head, err := r.From.Head(ctx)
	if err != nil {
		return err
	}
	if head != r.head {
		return ErrSourceMoved
	}
	return r.finish(ctx)
}

// take sorts one event of the source. What lies before the progress is in the
// target; metadata is looked at anyway, because it is copied at the end.
func (r *run) take(ctx context.Context, e RawEvent) error {
	described, isMetadata := strings.CutPrefix(e.Stream, metadataPrefix)
	switch {
	case isMetadata && describes(described) && e.Type == metadataType:
		r.metadata[described] = append(r.metadata[described], e)
		return nil
	case e.Stream == settingsStream:
		r.settings = append(r.settings, e)
		return nil
	case !own(e.Stream):
		r.report.LeftBehind++
		return nil
	case e.Type == tombstoneType:
		if !r.tombstones[e.Stream] {
			r.tombstones[e.Stream], r.ended = true, append(r.ended, e.Stream)
		}
		return nil
	case e.Type == Placeholder: // a gap, as it was before
		return nil
	}
	r.report.Events++
	if e.Position <= r.place.Position {
		return nil
	}
	return r.add(ctx, e)
}

// add puts an event to the batch, or begins the next one with it.
func (r *run) add(ctx context.Context, e RawEvent) error {
	size := len(e.Data) + len(e.Metadata) + 4*len(e.Type)
	if n := len(r.batch); n > 0 {
		last := r.batch[n-1]
		if last.Stream != e.Stream || last.Revision+1 != e.Revision || n == batchEvents || r.bytes+size > batchBytes {
			if err := r.flush(ctx, last.Position); err != nil {
				return err
			}
		}
	}
	r.batch, r.bytes = append(r.batch, e), r.bytes+size
	return nil
}

// flush writes the batch and notes how far the target is.
func (r *run) flush(ctx context.Context, reached es.Position) error {
	if len(r.batch) > 0 {
		if err := r.write(ctx, r.batch); err != nil {
			return err
		}
		r.report.Written += len(r.batch)
		if r.place.First == "" {
			r.place.First = r.batch[0].ID
		}
	}
	r.batch, r.bytes = r.batch[:0], 0
	r.place.Position = max(r.place.Position, reached)
	if r.Progress != nil {
		r.Progress(r.place.Position, r.head)
	}
	if r.unsaved++; r.unsaved < saveEvery {
		return nil
	}
	return r.save()
}

// write appends a batch at its exact place. A run that was cut off may have
// put a part of it there: then every event is appended alone. Where the source
// lacks what was before it, placeholders go first.
func (r *run) write(ctx context.Context, batch []RawEvent) error {
	stream, after := batch[0].Stream, batch[0].Revision-1
	err := r.To.AppendRaw(ctx, stream, after, batch...)
	if !errors.Is(err, es.ErrConflict) {
		return err
	}
	g, found, err := r.gapBefore(ctx, stream, batch[0].Revision)
	if err == nil && found {
		err = r.fill(ctx, stream, g)
	}
	if err != nil {
		return err
	}
	for _, e := range batch {
		err := r.To.AppendRaw(ctx, stream, e.Revision-1, e)
		if errors.Is(err, es.ErrConflict) {
			return fmt.Errorf("%s, event %d: another stands at its place: %w: %w", e.Stream, e.Revision, ErrTargetInUse, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish copies what hides events, and who may read them, when all events are
// there: the metadata of streams, the defaults, then tombstones.
func (r *run) finish(ctx context.Context) error {
	if err := r.save(); err != nil { // a tombstoned stream takes no event again
		return err
	}
	for stream, versions := range r.metadata {
		if r.tombstones[stream] {
			continue // nobody can read it again
		}
		if err := r.describe(ctx, versions); err != nil {
			return err
		}
	}
	if err := r.copyDefaults(ctx); err != nil {
		return err
	}
	if len(r.ended) > 0 {
		last, err := lastOf(ctx, r.From, r.tombstones)
		if err != nil {
			return err
		}
		for _, stream := range r.ended {
			if err := r.To.Tombstone(ctx, stream, last[stream]); err != nil {
				return err
			}
			r.report.Tombstones++
		}
	}
	r.place.Done = true
	return r.save()
}

// describe copies the metadata of a stream, all versions that there are. What
// hides a deleted stream goes together with what comes after it: alone, it would
// make the store add a version of its own.
func (r *run) describe(ctx context.Context, versions []RawEvent) error {
	for at := 0; at < len(versions); {
		end, bytes := at, 0
		for end < len(versions) && (end-at < batchEvents && bytes < batchBytes/4 || hides(versions[end-1])) {
			bytes += len(versions[end].Data)
			end++
		}
		if err := r.To.AppendRaw(ctx, versions[at].Stream, es.Revision(at), versions[at:end]...); err != nil {
			return err
		}
		at = end
	}
	r.report.Metadata += len(versions)
	return nil
}

// hides tells whether a version of metadata is that of a deleted stream.
func hides(e RawEvent) bool {
	var m struct {
		Before int64 `json:"$tb"`
	}
	return json.Unmarshal(e.Data, &m) == nil && m.Before == math.MaxInt64
}

// copyDefaults copies the default access lists, unless the target has its own.
func (r *run) copyDefaults(ctx context.Context) error {
	for i, e := range r.settings {
		err := r.To.AppendRaw(ctx, settingsStream, es.Revision(i), e)
		if errors.Is(err, es.ErrConflict) {
			r.report.KeptDefaults = true
			return nil
		}
		if err != nil {
			return err
		}
		r.report.Defaults = true
	}
	return nil
}

// lastOf returns the last revision of every stream that is asked for; a stream
// without events has none.
func lastOf(ctx context.Context, log Source, streams map[string]bool) (map[string]es.Revision, error) {
	last := map[string]es.Revision{}
	for e, err := range log.ReadAll(ctx, 0, nil) {
		if err != nil {
			return nil, err
		}
		if streams[e.Stream] && isOurs(e) {
			last[e.Stream] = e.Revision
		}
	}
	return last, nil
}

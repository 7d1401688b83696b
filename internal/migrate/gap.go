package migrate

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"

	"shiyang/internal/es"
)

// Placeholder is the type of an event that stands in the target for one that a
// scavenge has removed from the source, so that those after it keep their
// revisions. What hid the event in the source (metadata of its stream) hides
// the placeholder, and a scavenge of the target removes it.
const Placeholder = "$placeholder"

// gap is a range of revisions that the source lacks.
type gap struct{ from, to es.Revision }

// gapBefore tells whether the source lacks the revisions just before one. The
// log is read for it once: a move of a log that was never scavenged does not.
func (r *run) gapBefore(ctx context.Context, stream string, revision es.Revision) (gap, bool, error) {
	if r.gaps == nil {
		if err := r.findGaps(ctx); err != nil {
			return gap{}, false, err
		}
	}
	for _, g := range r.gaps[stream] {
		if g.to == revision-1 {
			return g, true, nil
		}
	}
	return gap{}, false, nil
}

func (r *run) findGaps(ctx context.Context) error {
	gaps, last := map[string][]gap{}, map[string]es.Revision{}
	for e, err := range r.From.ReadAll(ctx, 0, nil) {
		if err != nil {
			return err
		}
		if !isOurs(e) {
			continue
		}
		if next := last[e.Stream] + 1; e.Revision > next {
			gaps[e.Stream] = append(gaps[e.Stream], gap{next, e.Revision - 1})
		}
		last[e.Stream] = e.Revision
	}
	r.gaps = gaps
	return nil
}

// fill puts placeholders into a gap. They have ids of their own that are always
// the same, so that filling it again has no further effect.
func (r *run) fill(ctx context.Context, stream string, g gap) error {
	for at := g.from; at <= g.to; {
		var batch []RawEvent
		for ; at <= g.to && len(batch) < batchEvents; at++ {
			batch = append(batch, placeholder(stream, at))
		}
		if err := r.To.AppendRaw(ctx, stream, batch[0].Revision-1, batch...); err != nil {
			return fmt.Errorf("fill the gap before event %d: %w", g.to+1, err)
		}
	}
	r.report.Placeholders += int(g.to - g.from + 1)
	r.report.Gaps++
	return nil
}

func placeholder(stream string, revision es.Revision) RawEvent {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", stream, revision, Placeholder))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: of our own making
	return RawEvent{ID: id.String(), Stream: stream, Type: Placeholder, Data: []byte(`{}`), Revision: revision}
}

// isOurs tells whether an event is one to copy and to compare.
func isOurs(e RawEvent) bool {
	return own(e.Stream) && e.Type != tombstoneType && e.Type != Placeholder
}

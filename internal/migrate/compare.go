package migrate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"shiyang/internal/es"
)

// Leaf is the hash of what an event is in every store: stream, revision, type,
// id, data and metadata, each with its length in front. Positions and the
// store's time stamps are left out.
func Leaf(e RawEvent) [sha256.Size]byte {
	h := sha256.New()
	var size [8]byte
	for _, part := range [][]byte{
		[]byte(e.Stream), binary.BigEndian.AppendUint64(nil, uint64(e.Revision)), []byte(e.Type), []byte(e.ID), e.Data, e.Metadata,
	} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Comparison is what comparing two logs found.
type Comparison struct {
	Events int    // that are the same in both, from the first on
	Root   string // hex hash over their leaves in log order
	// Difference is the first, in words; empty if the logs are the same.
	Difference string
}

// Compare reads both logs from the first event on and compares them leaf by
// leaf, in the order of the log; then all versions of metadata and the
// tombstones of all streams. It stops at the first difference. progress hears how many
// events were compared, and may be nil.
func Compare(ctx context.Context, from, to Source, progress func(events int)) (Comparison, error) {
	var c Comparison
	a, b := newSide(ctx, from), newSide(ctx, to)
	defer a.stop()
	defer b.stop()
	root := sha256.New()
	for {
		x, okX, err := a.next()
		if err != nil {
			return c, fmt.Errorf("read the source: %w", err)
		}
		y, okY, err := b.next()
		if err != nil {
			return c, fmt.Errorf("read the target: %w", err)
		}
		switch {
		case !okX && !okY:
			c.Root = hex.EncodeToString(root.Sum(nil))
			c.Difference = hidden(a, b)
			return c, nil
		case !okY:
			c.Difference = "the target lacks " + name(x)
		case !okX:
			c.Difference = "the source lacks " + name(y)
		default:
			c.Difference = differ(x, y)
		}
		if c.Difference != "" {
			return c, nil
		}
		leaf := Leaf(x)
		root.Write(leaf[:])
		c.Events++
		if progress != nil {
			progress(c.Events)
		}
	}
}

// differ says in what two events at the same place differ.
func differ(x, y RawEvent) string {
	if Leaf(x) == Leaf(y) && x.Binary == y.Binary {
		return ""
	}
	if x.Stream != y.Stream || x.Revision != y.Revision {
		return fmt.Sprintf("the source goes on with %s, the target with %s", name(x), name(y))
	}
	var what []string
	for part, same := range map[string]bool{
		"type": x.Type == y.Type, "id": x.ID == y.ID, "data": bytes.Equal(x.Data, y.Data),
		"metadata": bytes.Equal(x.Metadata, y.Metadata), "content type": x.Binary == y.Binary,
	} {
		if !same {
			what = append(what, part)
		}
	}
	slices.Sort(what)
	return fmt.Sprintf("%s has another %s in the target", name(x), strings.Join(what, ", "))
}

// hidden compares what hides events: metadata and tombstones of streams.
func hidden(a, b *side) string {
	for _, stream := range slices.Sorted(maps.Keys(union(a.tombstones, b.tombstones))) {
		switch {
		case !b.tombstones[stream]:
			return "the target lacks the tombstone of " + stream
		case !a.tombstones[stream]:
			return "the source lacks the tombstone of " + stream
		}
	}
	for _, stream := range slices.Sorted(maps.Keys(union(a.metadata, b.metadata))) {
		if a.tombstones[stream] {
			continue // nobody can read it again
		}
		if !slices.EqualFunc(a.metadata[stream], b.metadata[stream], func(x, y RawEvent) bool { return x.ID == y.ID && bytes.Equal(x.Data, y.Data) }) {
			return "the metadata of " + stream + " differs"
		}
	}
	return ""
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func name(e RawEvent) string { return fmt.Sprintf("event %d of %s", e.Revision, e.Stream) }

// side reads one log: own events one by one, the rest kept apart.
type side struct {
	pull       func() (RawEvent, error, bool)
	stop       func()
	metadata   map[string][]RawEvent
	tombstones map[string]bool
}

func newSide(ctx context.Context, log Source) *side {
	s := &side{metadata: map[string][]RawEvent{}, tombstones: map[string]bool{}}
	s.pull, s.stop = iter.Pull2(log.ReadAll(ctx, es.Position(0), nil))
	return s
}

// next returns the next event of ours; false at the end.
func (s *side) next() (RawEvent, bool, error) {
	for {
		e, err, ok := s.pull()
		if !ok || err != nil {
			return RawEvent{}, false, err
		}
		described, isMetadata := strings.CutPrefix(e.Stream, metadataPrefix)
		switch {
		case isMetadata && describes(described) && e.Type == metadataType:
			s.metadata[described] = append(s.metadata[described], e)
		case own(e.Stream) && e.Type == tombstoneType:
			s.tombstones[e.Stream] = true
		case isOurs(e):
			return e, true, nil
		}
	}
}

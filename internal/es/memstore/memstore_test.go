package memstore_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	commonv1 "shiyang/proto/common/v1"
)

func meta(command string) es.Meta {
	return es.Meta{CommandID: command, OccurredAt: estest.Start, RecordedAt: estest.Start}
}

func used(serial int64) es.Event { return &commonv1.NumberUsed{Serial: serial} }

// both runs a test with the codec and without.
func both(t *testing.T, test func(t *testing.T, s *memstore.Store)) {
	t.Run("stored form", func(t *testing.T) { test(t, memstore.New(es.NewCodec(new(estest.Keyring)))) })
	t.Run("copies", func(t *testing.T) { test(t, memstore.New(nil)) })
}

func TestAppendStatesWhatItFollows(t *testing.T) {
	both(t, func(t *testing.T, s *memstore.Store) {
		first, err := s.Append(t.Context(), "a-1", 0, meta("c1"), used(1), used(2))
		if err != nil || first.Revision != 2 {
			t.Fatalf("%+v, %v", first, err)
		}
		if again, err := s.Append(t.Context(), "a-1", 0, meta("c1"), used(1), used(2)); err != nil || again != first {
			t.Errorf("repeated: %+v, %v", again, err)
		}
		for name, try := range map[string]func() (es.Appended, error){
			"another command": func() (es.Appended, error) { return s.Append(t.Context(), "a-1", 0, meta("c2"), used(1)) },
			"one event more": func() (es.Appended, error) {
				return s.Append(t.Context(), "a-1", 0, meta("c1"), used(1), used(2), used(3))
			},
			"beyond the end": func() (es.Appended, error) { return s.Append(t.Context(), "a-1", 5, meta("c1"), used(1)) },
			"nothing":        func() (es.Appended, error) { return s.Append(t.Context(), "a-1", 1, meta("c1")) },
		} {
			if _, err := try(); !errors.Is(err, es.ErrConflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		n := 0
		for range s.Raw(0) {
			n++
		}
		if n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

func TestReadAndFollow(t *testing.T) {
	both(t, func(t *testing.T, s *memstore.Store) {
		changed := s.Changed()
		for i := range int64(6) {
			stream := []string{"a-1", "b-1"}[i%2]
			if _, err := s.Append(t.Context(), stream, es.Revision(i/2), meta(string(rune('a'+i))), used(i)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-changed:
		default:
			t.Error("nobody was woken")
		}
		var revisions []es.Revision
		for rec, err := range s.Read(t.Context(), "a-1", 1) {
			if err != nil {
				t.Fatal(err)
			}
			revisions = append(revisions, rec.Revision)
		}
		if len(revisions) != 2 || revisions[0] != 2 {
			t.Errorf("after revision 1: %v", revisions)
		}
		last, n := es.Position(0), int64(0)
		for rec, err := range s.All(t.Context(), 0) {
			if err != nil || rec.Position <= last || !proto.Equal(rec.Event, used(n)) || rec.Stream == "" || rec.ID == "" {
				t.Errorf("event %d: %+v, %v", n, rec, err)
			}
			for later := range s.All(t.Context(), rec.Position) {
				if later.Position <= rec.Position {
					t.Errorf("after %d came %d", rec.Position, later.Position)
				}
			}
			last, n = rec.Position, n+1
		}
		if n != 6 || last != s.Head() || int64(last) == n {
			t.Errorf("%d events up to %d, head %d; positions must not be dense", n, last, s.Head())
		}
	})
}

func TestCallersCannotChangeTheLog(t *testing.T) {
	both(t, func(t *testing.T, s *memstore.Store) {
		event := &commonv1.NumberUsed{Serial: 1}
		if _, err := s.Append(t.Context(), "a-1", 0, meta("c"), event); err != nil {
			t.Fatal(err)
		}
		event.Serial = 2
		for range 2 {
			for rec, err := range s.Read(t.Context(), "a-1", 0) {
				got, ok := rec.Event.(*commonv1.NumberUsed)
				if err != nil || !ok || got.GetSerial() != 1 {
					t.Fatalf("got %v, %v", rec.Event, err)
				}
				got.Serial = 3
			}
		}
	})
}

func TestUnknownEventsEndAStreamButNotTheLog(t *testing.T) {
	s := memstore.New(es.NewCodec(nil))
	if err := s.Inject("a-1", "later.v9.X", []byte(`{}`), meta("c1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), "a-1", 1, meta("c2"), used(1)); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Read(t.Context(), "a-1", 0) {
		if !errors.Is(err, es.ErrUnknownEvent) {
			t.Errorf("error = %v", err)
		}
	}
	n := 0
	for _, err := range s.All(t.Context(), 0) {
		if n++; (n == 1) != errors.Is(err, es.ErrUnknownEvent) {
			t.Errorf("event %d: %v", n, err)
		}
	}
	if n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestCancelledCallsHaveNoEffect(t *testing.T) {
	s := memstore.New(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, "a-1", 0, meta("c"), used(1)); !errors.Is(err, context.Canceled) || s.Head() != 0 {
		t.Errorf("error = %v, head %d", err, s.Head())
	}
}

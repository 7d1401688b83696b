package esdbstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	permitsv1 "shiyang/proto/permits/v1"
)

// site is an aggregate that counts its events.
type site struct{ events int }

func (s site) Evolve(es.Fact) site { return site{s.events + 1} }

// enter makes a site that does not exist yet.
type enter struct{ reasons []string }

func (c enter) Decide(s site) (events []es.Event, err error) {
	if s.events > 0 {
		return nil, errors.New("exists")
	}
	for _, reason := range c.reasons {
		events = append(events, &permitsv1.FacilityChanged{Reason: reason})
	}
	return events, nil
}

func sites(s *esdbstore.Store) *es.Repository[site] {
	return es.NewRepository[site]("facility", s, es.Options{})
}

// A creation does not read before it appends. Sent again through another
// program it is found, with any other body or actor it is refused.
func TestEmbeddedCreationTakesEffectOnce(t *testing.T) {
	e := newEmbedded(t)
	s := newStore(e.client(t))
	meta := command()
	first, err := sites(s).Execute(t.Context(), meta.CommandID, meta, enter{[]string{"a", "b"}})
	if err != nil || first.Revision != 2 || first.Repeated {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := sites(s).Execute(t.Context(), meta.CommandID, meta, enter{[]string{"a", "b"}})
	if err != nil || !again.Repeated || again.Position != first.Position {
		t.Fatalf("%+v, %v", again, err)
	}
	body, actor := meta, meta
	body.CommandHash, actor.Actor.ID = "01", "system:other"
	for _, other := range []es.Meta{body, actor} {
		for _, reasons := range [][]string{{"a", "b"}, {"a"}, {"c", "d", "e"}} {
			if _, err := sites(s).Execute(t.Context(), meta.CommandID, other, enter{reasons}); !errors.Is(err, es.ErrCommandReused) {
				t.Errorf("%v: %v", reasons, err)
			}
		}
	}
	if got := reasons(t, s, es.StreamName("facility", meta.CommandID), 0); fmt.Sprint(got) != "[a b]" {
		t.Error(got)
	}
}

// The server stores a creation and its answer is lost: the client finds its
// own attempt in the stream, and the command is not a repetition.
func TestLostAnswerOfACreation(t *testing.T) {
	f := newFake(t)
	f.after = func(n int) error {
		if n == 1 {
			f.Cut()
			return errBusy
		}
		return nil
	}
	f.Start(t)
	s := newStore(quick(t, f.URL()))
	meta := command()
	receipt, err := sites(s).Execute(within(t), meta.CommandID, meta, enter{[]string{"a"}})
	if err != nil || receipt.Revision != 1 || receipt.Repeated {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if f.appends != 1 || f.Events(es.StreamName("facility", meta.CommandID)) != 1 {
		t.Errorf("%d requests", f.appends)
	}
	again, err := sites(s).Execute(within(t), meta.CommandID, meta, enter{[]string{"a"}})
	if err != nil || !again.Repeated || again.Revision != 1 {
		t.Errorf("%+v, %v", again, err)
	}
}

// Many programs send one creation at once: one makes the record, the others
// get its receipt.
func TestEmbeddedCreationAtOnce(t *testing.T) {
	e := newEmbedded(t)
	s := newStore(e.client(t))
	for range 20 {
		meta := by(uuid.NewString())
		receipts := make([]es.Receipt, 8)
		for _, err := range together(len(receipts), func(n int) (err error) {
			receipts[n], err = sites(s).Execute(t.Context(), meta.CommandID, meta, enter{[]string{"a"}})
			return err
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		made := 0
		for _, r := range receipts {
			if !r.Repeated {
				made++
			}
			if r.Position != receipts[0].Position || r.Revision != 1 {
				t.Errorf("receipts %+v and %+v", receipts[0], r)
			}
		}
		if made != 1 {
			t.Errorf("%d made the record", made)
		}
	}
}

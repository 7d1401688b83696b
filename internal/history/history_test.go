package history_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// visitors is a record of who called, and how often.
type visitors struct {
	last  *commonv1.Person
	calls []*commonv1.Change
}

func (v visitors) Evolve(f es.Fact) visitors {
	switch e := f.Event.(type) {
	case *commonv1.Person:
		v.last = e
	case *commonv1.Change:
		v.calls = append(v.calls[:len(v.calls):len(v.calls)], e)
	}
	return v
}

var noon = time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)

// The second event was recorded two days late; the third happened before it.
func records() []es.Recorded {
	at := func(n int, occurred, recorded time.Duration, e es.Event) es.Recorded {
		return es.Recorded{
			Fact: es.Fact{Event: e, Meta: es.Meta{OccurredAt: noon.Add(occurred), RecordedAt: noon.Add(recorded), Actor: es.Actor{ID: "clerk"}}},
			ID:   "event", Revision: es.Revision(n), Position: es.Position(n * 10),
		}
	}
	const day = 24 * time.Hour
	return []es.Recorded{
		at(1, 0, 0, &commonv1.Person{Id: "p", Name: "张三", Phone: "13893500001"}),
		at(2, 2*day, 3*day, &commonv1.Change{Path: "door", After: "open"}),
		at(3, day, 4*day, &commonv1.Person{Id: "p", Name: "李四"}),
	}
}

var keeper = history.Keeper[visitors]{
	Records: func(_ context.Context, id string) iter.Seq2[es.Recorded, error] {
		return func(yield func(es.Recorded, error) bool) {
			if id == "broken" {
				yield(es.Recorded{}, errors.New("disk"))
				return
			}
			for _, r := range records() {
				if id == "unknown" || !yield(r, nil) {
					return
				}
			}
		}
	},
	Form: func(id string, v visitors) proto.Message {
		changes := append([]*commonv1.Change{{Path: id}}, v.calls...)
		if v.last == nil {
			return &commonv1.HistoryResponse{Changes: changes}
		}
		return &commonv1.HistoryResponse{Changes: append(changes, &commonv1.Change{Path: v.last.GetName()})}
	},
	Sentence: func(es.Event) problem.Text { return problem.Text{Zh: "来访", En: "a call"} },
}

func TestEventsTellWhatChanged(t *testing.T) {
	var got []*commonv1.HistoryResponse
	for e, err := range keeper.Events(t.Context(), "1", true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if len(got) != 3 || got[1].GetRevision() != 2 || got[1].GetPosition() != 20 || got[0].GetSentence().GetZh() != "来访" {
		t.Fatalf("got %v", got)
	}
	changes := got[2].GetChanges()
	if len(changes) != 1 || changes[0].GetPath() != "changes[2].path" || changes[0].GetBefore() != "张三" || changes[0].GetAfter() != "李四" {
		t.Errorf("got %v", changes)
	}
	for _, err := range keeper.Events(t.Context(), "broken", true) {
		if err == nil {
			t.Error("a broken store answers")
		}
	}
}

func TestPersonalFieldsAreMasked(t *testing.T) {
	for e, err := range keeper.Events(t.Context(), "1", false) {
		if err != nil {
			t.Fatal(err)
		}
		if fields := e.GetEvent().GetFields(); fields["id"] != nil && (fields["name"].GetStringValue() != "***" ||
			fields["phone"] != nil && fields["phone"].GetStringValue() != "***") {
			t.Errorf("a name is told: %v", fields)
		}
	}
	list := &commonv1.Receipt{RecordId: "1"}
	if got := history.Masked(list); !proto.Equal(got, list) {
		t.Errorf("a message without persons changes: %v", got)
	}
}

func TestStateAt(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name     string
		cut      history.Cut
		revision uint64
		skipped  int
		leaves   int
	}{
		{"everything", history.Cut{}, 3, 0, 4},
		{"known at a position", history.Cut{Position: 25}, 2, 0, 4},
		{"recorded by an instant", history.Cut{RecordedBy: noon.Add(2 * day)}, 1, 0, 2},
		{"happened by an instant, as known today", history.Cut{HappenedBy: noon.Add(day)}, 3, 1, 2},
		{"happened by an instant, as known then", history.Cut{HappenedBy: noon.Add(day), RecordedBy: noon.Add(3 * day)}, 2, 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := keeper.StateAt(t.Context(), "1", c.cut, true)
			if err != nil {
				t.Fatal(err)
			}
			if got.GetRevision() != c.revision || len(got.GetSkipped()) != c.skipped {
				t.Errorf("revision %d, %d skipped", got.GetRevision(), len(got.GetSkipped()))
			}
			if n := len(history.Diff(nil, got.GetState())); n != c.leaves {
				t.Errorf("%d leaves: %v", n, got.GetState())
			}
		})
	}
	for _, id := range []string{"unknown"} {
		if _, err := keeper.StateAt(t.Context(), id, history.Cut{}, true); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := keeper.StateAt(t.Context(), "1", history.Cut{RecordedBy: noon.Add(-day)}, true); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a record answers before it existed: %v", err)
	}
	if _, err := keeper.StateAt(t.Context(), "broken", history.Cut{}, true); err == nil {
		t.Error("a broken store answers")
	}
}

package component

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
)

// Event is one line of a record's history with its actor's name.
type Event struct {
	*commonv1.HistoryResponse
	Name string // of the actor; empty if it may not be known
}

// Actor says who did it: name and capacity.
func (e Event) Actor(ctx context.Context) string {
	role := words.Find(words.Roles, e.GetActorRole()).In(ctx)
	if e.Name == "" {
		return role
	}
	return words.NameRole.F(ctx, e.Name, role)
}

// When is the legal time, or the time of recording if they are the same.
func (e Event) When(ctx context.Context) string { return moment(ctx, e.GetOccurredAt()) }

// Recorded is the time of recording.
func (e Event) Recorded(ctx context.Context) string { return moment(ctx, e.GetRecordedAt()) }

// Late says when it was recorded if that was on another day; empty otherwise.
func (e Event) Late(ctx context.Context) string {
	happened, recorded := e.GetOccurredAt().AsTime(), e.GetRecordedAt().AsTime()
	if e.GetOccurredAt() == nil || e.GetRecordedAt() == nil {
		return ""
	}
	from, ok1 := words.Time(words.Today(happened))
	to, ok2 := words.Time(words.Today(recorded))
	if days := int(to.Sub(from).Hours() / 24); ok1 && ok2 && days > 0 {
		return words.RecordedLate.F(ctx, days, words.Moment(ctx, recorded))
	}
	return ""
}

func moment(ctx context.Context, t *timestamppb.Timestamp) string {
	if t == nil {
		return words.Dash
	}
	return words.Moment(ctx, t.AsTime())
}

// Blame knows who last changed each part of a record.
type Blame map[string]Event

// NewBlame reads the last change of each path out of a history.
func NewBlame(events []Event) Blame {
	b := Blame{}
	for _, e := range events {
		for _, c := range e.GetChanges() {
			b[c.GetPath()] = e
		}
	}
	return b
}

// Of is the event that last changed the path; false if none did.
func (b Blame) Of(path string) (Event, string, bool) {
	e, ok := b[path]
	if !ok {
		return Event{}, "", false
	}
	for _, c := range e.GetChanges() {
		if c.GetPath() == path {
			return e, c.GetBefore(), true
		}
	}
	return e, "", true
}

// AsOf is the bar that shows a record as it was.
type AsOf struct {
	Path     string // of the page, without language
	At, Last uint64 // revision shown and the newest
	Moment   string // instant asked for, as typed; empty: by revision
	Clock    string // "recorded" or "happened"
	When     string // of the revision shown, for people
}

// Past reports whether the page does not show the present.
func (a AsOf) Past() bool { return a.At < a.Last || a.Moment != "" }

func (a AsOf) query(revision uint64) string { return fmt.Sprintf("%s?at=%d", a.Path, revision) }

// Step is one step of a procedure.
type Step struct {
	Title words.Text
	State string // "done", "now" or "todo"
	Note  string // day, or nothing
}

func stepClass(state string) string {
	if state == "done" || state == "now" {
		return state
	}
	return ""
}

func currentStep(steps []Step) (index int, step Step) {
	for i, s := range steps {
		if s.State == "now" {
			return i, s
		}
	}
	if len(steps) == 0 {
		return 0, Step{}
	}
	for i := len(steps) - 1; i > 0; i-- {
		if steps[i].State == "done" {
			return i, steps[i]
		}
	}
	return 0, steps[0]
}

// shortType is the event's name without its package.
func shortType(full string) string {
	return full[strings.LastIndex(full, ".")+1:]
}

func home(f Frame) string {
	if f.SignedIn {
		return "/home"
	}
	return "/"
}

// PublicMenu are the tabs that need no sign-in.
var PublicMenu = []MenuItem{
	{Text: words.PublicRegister, Path: "/register"},
	{Text: words.Indicators, Path: "/indicators"},
	{Text: words.Places, Path: "/places"},
}

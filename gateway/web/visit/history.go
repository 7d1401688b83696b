package visit

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
)

// mostHistory bounds the calls for one record's history.
const mostHistory = 5

// History reads the events of a record that come after a revision, with the
// names of who acted. A page can do without it: a failure is logged and the
// page shows none.
func (v *Visit) History(category, id string, after uint64) []component.Event {
	var events []component.Event
	for range mostHistory {
		got, err := Asked(v.Audit.GetHistory(v.Ask(), &auditv1.GetHistoryRequest{
			Category: category, Id: id, After: after, PageSize: 200, AtLeast: v.AtLeast(),
		}))
		if err != nil {
			v.Logger.WarnContext(v.Text(), "history not readable", slog.String("category", category), slog.Any("error", err))
			break
		}
		for _, e := range got.GetEvents() {
			e.Changes = slices.DeleteFunc(e.GetChanges(), func(c *commonv1.Change) bool { return derived(c.GetPath()) })
			events = append(events, component.Event{HistoryResponse: e})
		}
		if after = got.GetNext(); after == 0 {
			break
		}
	}
	v.nameActors(events)
	return events
}

func (v *Visit) nameActors(events []component.Event) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.GetActorId()
	}
	names := v.Names(ids)
	for i := range events {
		events[i].Name = names[events[i].GetActorId()]
	}
}

// Instant is what the as-of part of an address asks for.
type Instant struct {
	Revision uint64 // zero: a time was asked for
	Asked    bool   // false: the record as it is now
	at       time.Time
	typed    string
	happened bool // by the clock of what happened, not of what was recorded
}

// Instant reads ?at= as a revision or as a time in Beijing, and ?clock=.
func (v *Visit) Instant() Instant {
	typed := v.Query("at")
	if typed == "" {
		return Instant{}
	}
	if n, err := strconv.ParseUint(typed, 10, 64); err == nil && n > 0 {
		return Instant{Revision: n, Asked: true}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		t, err := time.ParseInLocation(layout, strings.ReplaceAll(typed, " ", "+"), words.Shanghai)
		if err != nil {
			continue
		}
		if layout == time.DateOnly {
			t = t.AddDate(0, 0, 1).Add(-time.Second) // the end of the day
		}
		return Instant{at: t, typed: t.In(words.Shanghai).Format("2006-01-02T15:04"), happened: v.Query("clock") == "happened", Asked: true}
	}
	return Instant{}
}

// Request asks for the state of a record at the instant.
func (i Instant) Request(category, id string) *auditv1.GetStateAtRequest {
	r := &auditv1.GetStateAtRequest{Category: category, Id: id, Revision: i.Revision}
	switch {
	case i.at.IsZero():
	case i.happened:
		r.HappenedBy = timestamppb.New(i.at)
	default:
		r.RecordedBy = timestamppb.New(i.at)
	}
	return r
}

// AsOf is the bar of the record at path, which shows it at a revision.
func (v *Visit) AsOf(path string, i Instant, at uint64, events []component.Event) component.AsOf {
	bar := component.AsOf{Path: path, At: at, Moment: i.typed, Clock: "recorded"}
	if i.happened {
		bar.Clock = "happened"
	}
	if n := len(events); n > 0 {
		bar.Last = events[n-1].GetRevision()
	}
	for _, e := range events {
		if e.GetRevision() == at {
			bar.When = e.Recorded(v.Text())
		}
	}
	return bar
}

// Lines lists the values of a state and marks what is different today.
func Lines(state *structpb.Struct, since []*commonv1.Change) []component.Line {
	var out []component.Line
	flatten("", structpb.NewStructValue(state), &out)
	out = slices.DeleteFunc(out, func(l component.Line) bool { return derived(l.Path) })
	for _, c := range since {
		if derived(c.GetPath()) {
			continue
		}
		i := slices.IndexFunc(out, func(l component.Line) bool { return l.Path == c.GetPath() })
		if i < 0 {
			out = append(out, component.Line{Path: c.GetPath(), Value: c.GetBefore(), Today: c.GetAfter(), Changed: true})
			continue
		}
		out[i].Today, out[i].Changed = c.GetAfter(), true
	}
	return out
}

// derived are parts of a state that follow from the others: sentences and the
// steps of the procedure.
func derived(path string) bool {
	return strings.HasPrefix(path, "statusText") || strings.HasPrefix(path, "steps[") || path == "revision"
}

// flatten writes one line per plain value, in the order of the names.
func flatten(path string, v *structpb.Value, out *[]component.Line) {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StructValue:
		fields := k.StructValue.GetFields()
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			inner := name
			if path != "" {
				inner = path + "." + name
			}
			flatten(inner, fields[name], out)
		}
	case *structpb.Value_ListValue:
		for i, item := range k.ListValue.GetValues() {
			flatten(fmt.Sprintf("%s[%d]", path, i), item, out)
		}
	case *structpb.Value_NumberValue:
		*out = append(*out, component.Line{Path: path, Value: strconv.FormatFloat(k.NumberValue, 'f', -1, 64)})
	case *structpb.Value_BoolValue:
		*out = append(*out, component.Line{Path: path, Value: strconv.FormatBool(k.BoolValue)})
	case *structpb.Value_StringValue:
		*out = append(*out, component.Line{Path: path, Value: k.StringValue})
	}
}

// Package history is how a service answers for its own records (D21): the
// events of a stream as sentences with what each of them changed, and the
// state of a record at any instant.
//
// There are two clocks. What was recorded by an instant is a cut in the order
// of the log; what had happened by an instant is a choice among what is known:
//
//	known    = events at or before a position, recorded by an instant
//	applied  = known events that happened by an instant, in the order of the log
//	skipped  = the rest of the known ones, told beside the answer
//
// The package is generic: a service passes the fold of its aggregate, the form
// in which its API shows it, and the sentences. It imports internal/es,
// internal/readmodel, internal/problem and the common contracts. Start with
// [Keeper].
package history

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Keeper knows how to tell the history of one category of records.
type Keeper[S es.State[S]] struct {
	// Records yields the events of a record, oldest first.
	Records func(ctx context.Context, id string) iter.Seq2[es.Recorded, error]
	// Form is the state as the API shows it.
	Form func(id string, state S) proto.Message
	// Sentence says in both languages what an event means.
	Sentence func(es.Event) problem.Text
}

// Events yields the history of a record. Personal fields are masked unless
// open; the mask is put on before differences are computed.
func (k Keeper[S]) Events(ctx context.Context, id string, open bool) iter.Seq2[*commonv1.HistoryResponse, error] {
	return func(yield func(*commonv1.HistoryResponse, error) bool) {
		var state S
		before := &structpb.Struct{}
		for rec, err := range k.Records(ctx, id) {
			if err != nil {
				yield(nil, fmt.Errorf("read history: %w", err))
				return
			}
			state = state.Evolve(rec.Fact)
			after, err := k.structOf(k.Form(id, state), open)
			if err != nil {
				yield(nil, err)
				return
			}
			answer, err := k.event(rec, open)
			if err != nil {
				yield(nil, err)
				return
			}
			answer.Changes = Diff(before, after)
			before = after
			if !yield(answer, nil) {
				return
			}
		}
	}
}

// Cut is an instant on both clocks. Zero fields do not cut.
type Cut struct {
	Position   es.Position // known up to here
	RecordedBy time.Time
	HappenedBy time.Time
}

// StateAt folds a record up to a cut. Unknown records, and records of which
// nothing was known then, answer problem.ErrNotFound.
func (k Keeper[S]) StateAt(ctx context.Context, id string, cut Cut, open bool) (*commonv1.StateAtResponse, error) {
	var state S
	answer := &commonv1.StateAtResponse{}
	for rec, err := range k.Records(ctx, id) {
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		if cut.Position != 0 && rec.Position > cut.Position || !cut.RecordedBy.IsZero() && rec.Meta.RecordedAt.After(cut.RecordedBy) {
			break // the log is cut in one place: what follows is not known either
		}
		answer.Revision, answer.Position = uint64(rec.Revision), uint64(rec.Position)
		if !cut.HappenedBy.IsZero() && rec.Meta.OccurredAt.After(cut.HappenedBy) {
			skipped, err := k.event(rec, open)
			if err != nil {
				return nil, err
			}
			answer.Skipped = append(answer.Skipped, skipped)
			continue
		}
		state = state.Evolve(rec.Fact)
	}
	if answer.GetRevision() == 0 {
		return nil, problem.ErrNotFound
	}
	var err error
	answer.State, err = k.structOf(k.Form(id, state), open)
	return answer, err
}

func (k Keeper[S]) event(rec es.Recorded, open bool) (*commonv1.HistoryResponse, error) {
	body, err := k.structOf(rec.Event, open)
	if err != nil {
		return nil, err
	}
	s := k.Sentence(rec.Event)
	return &commonv1.HistoryResponse{
		Revision: uint64(rec.Revision), Position: uint64(rec.Position), Type: es.TypeName(rec.Event), EventId: rec.ID,
		Sentence: &commonv1.Text{Zh: s.Zh, En: s.En}, Event: body,
		ActorId: rec.Meta.Actor.ID, ActorRole: rec.Meta.Actor.Role, ActorOrg: rec.Meta.Actor.Org, ActorCounty: rec.Meta.Actor.County,
		OccurredAt: timestamppb.New(rec.Meta.OccurredAt), RecordedAt: timestamppb.New(rec.Meta.RecordedAt),
		LawVersion: rec.Meta.LawVersion, CommandId: rec.Meta.CommandID, CorrelationId: rec.Meta.CorrelationID, Client: rec.Meta.Client,
	}, nil
}

func (k Keeper[S]) structOf(m proto.Message, open bool) (*structpb.Struct, error) {
	if !open {
		m = Masked(m)
	}
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("show %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	s := &structpb.Struct{}
	if err := protojson.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("show %s: %w", m.ProtoReflect().Descriptor().FullName(), err)
	}
	return s, nil
}

// Diff lists the fields in which two states differ, by JSON path in order.
func Diff(before, after *structpb.Struct) []*commonv1.Change {
	a, b := map[string]string{}, map[string]string{}
	flatten("", structpb.NewStructValue(before), a)
	flatten("", structpb.NewStructValue(after), b)
	paths := maps.Clone(a)
	maps.Copy(paths, b)
	var changes []*commonv1.Change
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if a[path] != b[path] {
			changes = append(changes, &commonv1.Change{Path: path, Before: a[path], After: b[path]})
		}
	}
	return changes
}

// flatten writes the leaves of a value under their JSON paths.
func flatten(path string, v *structpb.Value, into map[string]string) {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StructValue:
		for name, field := range k.StructValue.GetFields() {
			at := name
			if path != "" {
				at = path + "." + name
			}
			flatten(at, field, into)
		}
	case *structpb.Value_ListValue:
		for i, item := range k.ListValue.GetValues() {
			flatten(fmt.Sprintf("%s[%d]", path, i), item, into)
		}
	case *structpb.Value_StringValue:
		into[path] = k.StringValue
	case *structpb.Value_NullValue, nil:
	default:
		raw, err := json.Marshal(v.AsInterface())
		if err == nil {
			into[path] = string(raw)
		}
	}
}

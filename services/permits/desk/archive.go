package desk

import (
	"context"
	"fmt"
	"iter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// Category tells the past of the records of one category to whoever may read
// the record today. [Records] are one.
type Category interface {
	// Name is the first word of the records' streams: "permit".
	Name() string
	// Past yields what happened, oldest first. It fails with
	// problem.ErrNotFound for what does not exist or is not the caller's.
	Past(ctx context.Context, who rpc.Caller, id string) (iter.Seq2[*commonv1.HistoryResponse, error], error)
	// At folds a record up to a cut; it fails as Past does.
	At(ctx context.Context, who rpc.Caller, id string, cut history.Cut) (*commonv1.StateAtResponse, error)
}

// Judgement compares the running clocks of a department's open records under
// two laws, a page of them at a time.
type Judgement func(ctx context.Context, before, after *law.Book) iter.Seq2[*commonv1.JudgeResponse, error]

// Archive answers RecordHistoryService for the records of every department. It
// is safe for concurrent use.
type Archive struct {
	commonv1.UnimplementedRecordHistoryServiceServer

	desk        *Desk
	names       []string
	categories  map[string]Category
	judgements  []Judgement
	projections []readmodel.Projection
}

// NewArchive answers for the categories; projections are the views that can be
// compared with a replay. Two categories of one name are a mistake of the
// programmer and panic.
func NewArchive(d *Desk, projections []readmodel.Projection, judgements []Judgement, categories ...Category) *Archive {
	a := &Archive{desk: d, categories: map[string]Category{}, judgements: judgements, projections: projections}
	for _, c := range categories {
		if a.categories[c.Name()] != nil {
			panic("desk: two departments keep records of category " + c.Name())
		}
		a.names, a.categories[c.Name()] = append(a.names, c.Name()), c
	}
	return a
}

// Categories tells which records the departments answer for.
func (a *Archive) Categories(context.Context, *commonv1.CategoriesRequest) (*commonv1.CategoriesResponse, error) {
	return &commonv1.CategoriesResponse{Categories: a.names}, nil
}

// History streams the events of a record.
func (a *Archive) History(r *commonv1.HistoryRequest, stream commonv1.RecordHistoryService_HistoryServer) error {
	who, category, err := a.asked(stream.Context(), r.GetCategory())
	if err != nil {
		return err
	}
	events, err := category.Past(stream.Context(), who, r.GetId())
	if err != nil {
		return err
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := stream.Send(e); err != nil {
			return fmt.Errorf("send history: %w", err)
		}
	}
	return nil
}

// StateAt folds a record up to an instant.
func (a *Archive) StateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	who, category, err := a.asked(ctx, r.GetCategory())
	if err != nil {
		return nil, err
	}
	return category.At(ctx, who, r.GetId(), history.Cut{
		Position: es.Position(r.GetPosition()), RecordedBy: instantOf(r.GetRecordedBy()), HappenedBy: instantOf(r.GetHappenedBy()),
	})
}

func (a *Archive) asked(ctx context.Context, name string) (rpc.Caller, Category, error) {
	who, err := Caller(ctx)
	if err != nil {
		return who, nil, err
	}
	category, ok := a.categories[name]
	if !ok {
		return who, nil, problem.ErrNotFound
	}
	return who, category, nil
}

// CheckViews replays the log from zero and compares it with the live views.
func (a *Archive) CheckViews(r *commonv1.CheckViewsRequest, stream commonv1.RecordHistoryService_CheckViewsServer) error {
	d := a.desk
	if d.Source == nil || d.Codec == nil {
		return errNoReplay
	}
	for answer, err := range history.CheckViews(stream.Context(), d.DB, d.Source, d.Codec, r.GetView(), a.projections...) {
		if err != nil {
			return err
		}
		if err := stream.Send(answer); err != nil {
			return fmt.Errorf("send comparison: %w", err)
		}
	}
	return nil
}

func instantOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// errNoReplay says that this part cannot compare views with the log.
var errNoReplay = &problem.Error{
	Kind: problem.Unavailable, Reason: "REPLAY_NOT_AVAILABLE",
	Text: problem.Text{Zh: "本进程没有连接事件日志，不能核对视图。", En: "This process has no access to the log and cannot compare views."},
}

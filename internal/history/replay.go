package history

import (
	"context"
	"fmt"
	"iter"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
)

// CheckViews compares live views with a replay from zero, one after the other:
// the one of the given name or key, or all of them for "".
func CheckViews(ctx context.Context, db *readmodel.DB, source readmodel.Source, codec readmodel.Decoder, view string,
	projections ...readmodel.Projection,
) iter.Seq2[*commonv1.CheckViewsResponse, error] {
	return func(yield func(*commonv1.CheckViewsResponse, error) bool) {
		for _, p := range projections {
			if view != "" && view != p.Name && view != p.Key() {
				continue
			}
			result, err := readmodel.Check(ctx, db, source, codec, p)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(Compared(result), nil) {
				return
			}
		}
	}
}

// Compared is the result of a replay as it travels.
func Compared(r readmodel.CheckResult) *commonv1.CheckViewsResponse {
	answer := &commonv1.CheckViewsResponse{
		View: r.View, Position: uint64(r.Position), Events: uint64(r.ReplayedEvents), Equal: r.OK(),
		RowsLive: uint64(r.Rows), RowsReplayed: uint64(r.Rows),
	}
	if r.Events != r.ReplayedEvents {
		answer.Differences = append(answer.Differences,
			fmt.Sprintf("events: the view was given %d, the log holds %d", r.Events, r.ReplayedEvents))
	}
	for _, d := range r.Differences {
		switch d.Kind {
		case "missing":
			answer.RowsLive--
		case "extra":
			answer.RowsLive++
		}
		if len(answer.GetDifferences()) < 20 {
			answer.Differences = append(answer.Differences,
				fmt.Sprintf("%s %s %s %s: %q, the log gives %q", d.Table, d.Key, d.Kind, d.Column, d.Live, d.Replay))
		}
	}
	return answer
}

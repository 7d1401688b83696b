package permits

import (
	"context"
	"iter"

	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/views/permitlist"
)

// judgePage is how many open permits are judged, and told, at a time.
const judgePage = 500

// judgement is a [desk.Judgement] over the open permits.
func (s *Server) judgement(ctx context.Context, before, after *law.Book) iter.Seq2[*commonv1.JudgeResponse, error] {
	return func(yield func(*commonv1.JudgeResponse, error) bool) {
		for last, more := "", true; more; {
			open, err := s.list.Open(ctx, last, judgePage)
			if err != nil {
				yield(nil, err)
				return
			}
			if more = len(open) == judgePage; more {
				last = open[len(open)-1].PermitID
			}
			if !yield(&commonv1.JudgeResponse{Checked: uint64(len(open)), Changes: judge(open, before, after)}, nil) {
				return
			}
		}
	}
}

// judge compares the running clocks of open permits under two laws.
func judge(open []permitlist.Open, before, after *law.Book) (changes []*commonv1.DeadlineChange) {
	for _, o := range open {
		if change := desk.Compare(categoryPermit, o.PermitID, fromFacts(o.Facts).Next, before, after); change != nil {
			changes = append(changes, change)
		}
	}
	return changes
}

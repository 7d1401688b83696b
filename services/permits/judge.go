package permits

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/permitlist"
)

// judgePage is how many open permits are judged, and told, at a time.
const judgePage = 500

const judgeMethod = "/common.v1.RecordHistoryService/Judge"

// Judge tells which due days of open applications an edition of law data
// moves, or has moved: the clock that runs now is computed under both laws.
// Nothing is written, and what was decided already stays as it was.
func (s *Server) Judge(r *commonv1.JudgeRequest, stream commonv1.RecordHistoryService_JudgeServer) error {
	ctx := stream.Context()
	who, err := caller(ctx)
	if err != nil {
		return err
	}
	if !rpc.Filter(who, judgeMethod).All {
		return errWholePrefecture
	}
	before, after, err := s.twoLaws(r)
	if err != nil {
		return err
	}
	for last, more := "", true; more; {
		open, err := s.list.Open(ctx, last, judgePage)
		if err != nil {
			return err
		}
		if more = len(open) == judgePage; more {
			last = open[len(open)-1].PermitID
		}
		if err := stream.Send(&commonv1.JudgeResponse{Checked: uint64(len(open)), Changes: judge(open, before, after)}); err != nil {
			return fmt.Errorf("send judgement: %w", err)
		}
	}
	return nil
}

// twoLaws are the law without and with the edition.
func (s *Server) twoLaws(r *commonv1.JudgeRequest) (before, after *law.Book, err error) {
	edition, err := law.ParseEdition(law.List(r.GetList()), r.GetContent())
	if err != nil {
		var wrong problem.Fields
		wrong.Add("content", "", "CONTENT_REFUSED", "内容有误："+err.Error(), "The content is wrong: "+err.Error())
		return nil, nil, wrong.Err()
	}
	before = s.law()
	if r.GetLoadedAt() > 0 {
		if before, err = s.lawbook.BookAt(es.Position(r.GetLoadedAt() - 1)); err != nil {
			return nil, nil, err
		}
	}
	return before, before.With(edition), nil
}

// judge compares the running clocks of open permits under two laws.
func judge(open []permitlist.Open, before, after *law.Book) (changes []*commonv1.DeadlineChange) {
	for _, o := range open {
		p := fromFacts(o.Facts)
		b, ranBefore := p.Next(before)
		a, runsAfter := p.Next(after)
		if !ranBefore && !runsAfter || ranBefore == runsAfter && same(a.Deadline, b.Deadline) {
			continue
		}
		shown := a
		if !runsAfter {
			shown = b
		}
		changes = append(changes, &commonv1.DeadlineChange{
			Category: categoryPermit, Id: o.PermitID, Rule: shown.Rule.ID, What: textOf(shown.Title),
			Before: reading(b, ranBefore), After: reading(a, runsAfter),
		})
	}
	return changes
}

func same(a, b law.Deadline) bool {
	return a.Rule.ID == b.Rule.ID && a.Due == b.Due && a.Earlier == b.Earlier && a.Later == b.Later &&
		a.Provisional == b.Provisional && a.Suspended == b.Suspended
}

// reading is a clock's outcome; nothing where no rule was in force.
func reading(c permit.Clock, runs bool) *commonv1.DeadlineReading {
	if !runs {
		return &commonv1.DeadlineReading{}
	}
	return &commonv1.DeadlineReading{
		Due: wireDay(c.Earlier), OverdueAfter: wireDay(c.Later), Provisional: c.Provisional, Suspended: c.Suspended,
	}
}

// errWholePrefecture refuses to judge the records of all counties for one
// county.
var errWholePrefecture = rpc.ErrNotYourRole.With(
	"法规数据适用于全市，由市级负责人或者系统管理员办理。",
	"Law data holds for the whole prefecture. Only its head or its system administrator may do this.")

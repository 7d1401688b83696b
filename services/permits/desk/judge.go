package desk

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/desk/act"
)

const judgeMethod = "/common.v1.RecordHistoryService/Judge"

// Judge tells which due days of open records an edition of law data moves, or
// has moved: the clock that runs now is computed under both laws. Nothing is
// written, and what was decided already stays as it was.
func (a *Archive) Judge(r *commonv1.JudgeRequest, stream commonv1.RecordHistoryService_JudgeServer) error {
	ctx := stream.Context()
	who, err := Caller(ctx)
	if err != nil {
		return err
	}
	if !rpc.Filter(who, judgeMethod).All {
		return errWholePrefecture
	}
	before, after, err := a.twoLaws(r)
	if err != nil {
		return err
	}
	for _, judge := range a.judgements {
		for page, err := range judge(ctx, before, after) {
			if err != nil {
				return err
			}
			if err := stream.Send(page); err != nil {
				return fmt.Errorf("send judgement: %w", err)
			}
		}
	}
	return nil
}

// twoLaws are the law without and with the edition.
func (a *Archive) twoLaws(r *commonv1.JudgeRequest) (before, after *law.Book, err error) {
	edition, err := law.ParseEdition(law.List(r.GetList()), r.GetContent())
	if err != nil {
		var wrong problem.Fields
		wrong.Add("content", "", "CONTENT_REFUSED", "内容有误："+err.Error(), "The content is wrong: "+err.Error())
		return nil, nil, wrong.Err()
	}
	before = a.desk.Law()
	if r.GetLoadedAt() > 0 {
		if before, err = a.desk.Lawbook.BookAt(es.Position(r.GetLoadedAt() - 1)); err != nil {
			return nil, nil, err
		}
	}
	return before, before.With(edition), nil
}

// Running is the clock of a record that runs under one law, if one does.
type Running func(*law.Book) (act.Clock, bool)

// Compare tells how a record's running clock differs under two laws; nil when
// it does not.
func Compare(category, id string, next Running, before, after *law.Book) *commonv1.DeadlineChange {
	b, ranBefore := next(before)
	a, runsAfter := next(after)
	if !ranBefore && !runsAfter || ranBefore == runsAfter && same(a.Deadline, b.Deadline) {
		return nil
	}
	shown := a
	if !runsAfter {
		shown = b
	}
	return &commonv1.DeadlineChange{
		Category: category, Id: id, Rule: shown.Rule.ID, What: TextOf(shown.Title),
		Before: reading(b, ranBefore), After: reading(a, runsAfter),
	}
}

func same(a, b law.Deadline) bool {
	return a.Rule.ID == b.Rule.ID && a.Due == b.Due && a.Earlier == b.Earlier && a.Later == b.Later &&
		a.Provisional == b.Provisional && a.Suspended == b.Suspended
}

// reading is a clock's outcome; nothing where no rule was in force.
func reading(c act.Clock, runs bool) *commonv1.DeadlineReading {
	if !runs {
		return &commonv1.DeadlineReading{}
	}
	return &commonv1.DeadlineReading{
		Due: WireDay(c.Earlier), OverdueAfter: WireDay(c.Later), Provisional: c.Provisional, Suspended: c.Suspended,
	}
}

// errWholePrefecture refuses to judge the records of all counties for one
// county.
var errWholePrefecture = rpc.ErrNotYourRole.With(
	"法规数据适用于全市，由市级负责人或者系统管理员办理。",
	"Law data holds for the whole prefecture. Only its head or its system administrator may do this.")

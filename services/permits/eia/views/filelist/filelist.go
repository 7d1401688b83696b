// Package filelist is the read model of EIA files: one row each, for the list,
// for every worklist and for the ticker, and one row for each notice to the
// public.
//
// What a row knows of its procedure is the record itself without its papers,
// folded by the same rules that decide ([Rules], which the service passes in),
// so that due days follow the law as it stood in the log; they are computed
// again for every open row when an edition of law data is loaded.
//
// It imports the contracts and internal/readmodel. Start with [Projection],
// then [Queries].
package filelist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Name of the view, for waiting readers.
const Name = "eia_files"

// Next is what the procedure waits for.
type Next struct {
	Act          string   // "accept"; empty when nobody has to act
	Audience     string   // role that has to act; "applicant" for the firm
	Barred       []string // accounts that may not, because of an earlier post
	Rule         string   // statutory period; empty if none runs
	Due          string   // earlier reading: drives reminders and the order
	OverdueAfter string   // later reading
	LawVersion   string   // the book that was asked
	PromiseDue   string   // day after which promised items are overdue; empty when none is missing
}

// Rules are the department's rules, as the view needs them.
type Rules interface {
	// Fold folds one event into the facts of a row, "" for a new one.
	Fold(facts string, fact es.Fact) (string, permitsv1.EiaStatus, error)
	// NextAt computes what comes next under the law as it stood at a position.
	NextAt(at es.Position, facts string) (Next, error)
	// Reach returns when an edition that was loaded at a position is known.
	Reach(ctx context.Context, at es.Position) error
}

// Never sorts after every day.
const never = "9999-12-31"

const (
	table   = "eia_files_v1"
	notices = "eia_notices_v1"
)

// Projection is the view.
func Projection(rules Rules) readmodel.Projection {
	v := view{rules}
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table, notices}, Schema: schema, Indexes: indexes,
		Handlers: slices.Concat(v.filing(), v.procedure(), []readmodel.Handler{readmodel.On(v.onEdition)}),
	}
}

var schema = []string{
	`CREATE TABLE ` + table + ` (
	eia_id TEXT NOT NULL PRIMARY KEY, enterprise_id TEXT NOT NULL, builder TEXT NOT NULL, uscc TEXT NOT NULL, division TEXT NOT NULL,
	project_name TEXT NOT NULL, project_code TEXT NOT NULL, consultancy TEXT NOT NULL, site_address TEXT NOT NULL,
	document INTEGER NOT NULL, status INTEGER NOT NULL, number TEXT NOT NULL, verdict INTEGER NOT NULL,
	recorded_at TEXT NOT NULL, example INTEGER NOT NULL, words TEXT NOT NULL, facts TEXT NOT NULL,
	act TEXT NOT NULL, audience TEXT NOT NULL, barred TEXT NOT NULL, rule TEXT NOT NULL,
	due TEXT NOT NULL, overdue_after TEXT NOT NULL, law_version TEXT NOT NULL, promise_due TEXT NOT NULL)`,
	`CREATE TABLE ` + notices + ` (
	eia_id TEXT NOT NULL, kind INTEGER NOT NULL, from_day TEXT NOT NULL, last_day TEXT NOT NULL, url TEXT NOT NULL,
	PRIMARY KEY (eia_id, kind, from_day))`,
}

var indexes = []string{
	`CREATE INDEX IF NOT EXISTS ` + table + `_recorded ON ` + table + ` (recorded_at, eia_id)`,
	`CREATE INDEX IF NOT EXISTS ` + table + `_work ON ` + table + ` (audience, due, eia_id)`,
	`CREATE INDEX IF NOT EXISTS ` + table + `_enterprise ON ` + table + ` (enterprise_id)`,
	`CREATE INDEX IF NOT EXISTS ` + notices + `_from ON ` + notices + ` (from_day, eia_id)`,
}

type view struct{ rules Rules }

// columns are what an event changes beside the procedure; a nil one stays.
type columns struct {
	project *permitsv1.EiaProject
	verdict permitsv1.ScreeningVerdict
	number  string
}

// on makes a handler that moves the procedure of a row, and what else the event
// changes.
func on[E interface {
	*M
	es.Event
}, M any](v view, change func(E) columns) readmodel.Handler {
	return readmodel.On(func(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e E) error {
		var c columns
		if change != nil {
			c = change(e)
		}
		return v.move(ctx, tx, fact, c)
	})
}

func (v view) filing() []readmodel.Handler {
	return []readmodel.Handler{
		readmodel.On(v.onOpened),
		on(v, func(e *permitsv1.EiaSubmitted) columns {
			return columns{project: e.GetProject(), verdict: e.GetScreening().GetVerdict()}
		}),
		on(v, func(e *permitsv1.EiaResubmitted) columns {
			return columns{project: e.GetProject(), verdict: e.GetScreening().GetVerdict()}
		}),
		on(v, func(e *permitsv1.EiaRegistrationFiled) columns {
			return columns{project: e.GetProject(), verdict: e.GetScreening().GetVerdict(), number: e.GetFilingNumber()}
		}),
		on(v, func(e *permitsv1.EiaScreened) columns { return columns{verdict: e.GetScreening().GetVerdict()} }),
		on[*permitsv1.EiaDeficiencyNoticed](v, nil), on[*permitsv1.EiaWithdrawn](v, nil),
		on(v, func(e *permitsv1.EiaFoundNotRequired) columns { return columns{number: e.GetDocumentNumber()} }),
		on(v, func(e *permitsv1.EiaFoundOutsideAuthority) columns { return columns{number: e.GetDocumentNumber()} }),
		on[*permitsv1.EiaAccepted](v, nil), on[*permitsv1.EiaDeemedAccepted](v, nil),
		on[*permitsv1.EiaPromiseKept](v, nil), on[*permitsv1.EiaPromiseBroken](v, nil),
		on(v, func(e *permitsv1.EiaReturned) columns { return columns{number: e.GetDocumentNumber()} }),
	}
}

func (v view) procedure() []readmodel.Handler {
	return []readmodel.Handler{
		readmodel.On(v.onNotice),
		on[*permitsv1.EiaHearingRequested](v, nil), on[*permitsv1.EiaHearingClosed](v, nil),
		on[*permitsv1.EiaClockPaused](v, nil), on[*permitsv1.EiaClockResumed](v, nil),
		on[*permitsv1.EiaExamined](v, nil), on[*permitsv1.EiaExaminationReturned](v, nil),
		on(v, func(e *permitsv1.EiaApproved) columns { return columns{number: e.GetDocumentNumber()} }),
		on(v, func(e *permitsv1.EiaRefused) columns { return columns{number: e.GetDocumentNumber()} }),
		on[*permitsv1.EiaWorksBegun](v, nil), on[*permitsv1.EiaChangeNoted](v, nil),
		on[*permitsv1.EiaMajorChangeOpened](v, nil), on[*permitsv1.EiaReplaced](v, nil),
		on[*permitsv1.EiaRecheckRequested](v, nil), on[*permitsv1.EiaRecheckAnswered](v, nil),
		on[*permitsv1.EiaSelfAcceptanceReported](v, nil),
	}
}

func (v view) onOpened(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.EiaOpened) error {
	facts, status, err := v.rules.Fold("", es.Fact{Event: fact.Event, Meta: fact.Meta})
	if err != nil {
		return err
	}
	n, err := v.rules.NextAt(fact.Position, facts)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+table+` (eia_id, enterprise_id, builder, uscc, division, project_name, project_code,
		consultancy, site_address, document, status, number, verdict, recorded_at, example, words, facts,
		act, audience, barred, rule, due, overdue_after, law_version, promise_due)
		VALUES ($1, $2, $3, $4, $5, '', '', '', '', $6, $7, '', 0, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		fact.ID, e.GetEnterpriseId(), e.GetBuilder(), e.GetUscc(), e.GetDivision(), int32(e.GetDocument()), int32(status), stamp(fact),
		number(e.GetExample()), readmodel.Fold(e.GetBuilder()+"\n"+e.GetUscc()), facts,
		n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, n.LawVersion, orNever(n.PromiseDue))
	return err
}

// move folds an event into its row and computes anew what comes next.
func (v view) move(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, c columns) error {
	var facts, builder, uscc, name, code, no string
	err := tx.QueryRowContext(ctx, `SELECT facts, builder, uscc, project_name, project_code, number FROM `+table+` WHERE eia_id = $1`, fact.ID).
		Scan(&facts, &builder, &uscc, &name, &code, &no)
	if err != nil {
		return fmt.Errorf("%s of a file that was not opened: %w", fact.Type, err)
	}
	facts, status, err := v.rules.Fold(facts, es.Fact{Event: fact.Event, Meta: fact.Meta})
	if err != nil {
		return err
	}
	n, err := v.rules.NextAt(fact.Position, facts)
	if err != nil {
		return err
	}
	if c.project != nil {
		name, code = c.project.GetProjectName(), c.project.GetProjectCode()
		_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET project_name = $2, project_code = $3, consultancy = $4, site_address = $5, document = $6
			WHERE eia_id = $1`, fact.ID, name, code, c.project.GetConsultancy(), c.project.GetSiteAddress(), int32(c.project.GetDocument()))
		if err != nil {
			return err
		}
	}
	if c.project != nil || c.verdict != 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET verdict = $2 WHERE eia_id = $1`, fact.ID, int32(c.verdict)); err != nil {
			return err
		}
	}
	if c.number != "" {
		no = c.number
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+table+` SET status = $2, number = $3, recorded_at = $4, words = $5, facts = $6, act = $7, audience = $8,
		barred = $9, rule = $10, due = $11, overdue_after = $12, law_version = $13, promise_due = $14 WHERE eia_id = $1`,
		fact.ID, int32(status), no, stamp(fact), readmodel.Fold(strings.Join([]string{builder, uscc, name, code, no}, "\n")), facts,
		n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, n.LawVersion, orNever(n.PromiseDue))
	return err
}

func (v view) onNotice(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.EiaNoticePublished) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+notices+` (eia_id, kind, from_day, last_day, url) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (eia_id, kind, from_day) DO UPDATE SET last_day = excluded.last_day, url = excluded.url`,
		fact.ID, int32(e.GetKind()), e.GetFrom().GetIso(), e.GetLast().GetIso(), e.GetUrl())
	if err != nil {
		return err
	}
	return v.move(ctx, tx, fact, columns{})
}

// onEdition computes the due days of every open row anew, with the law that
// holds from this event on.
func (v view) onEdition(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *commonv1.LawEditionLoaded) error {
	if err := v.rules.Reach(ctx, fact.Position); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT eia_id, facts FROM `+table+` WHERE act <> '' ORDER BY eia_id`)
	if err != nil {
		return err
	}
	open, err := scanOpen(rows)
	if err != nil {
		return err
	}
	for _, o := range open {
		n, err := v.rules.NextAt(fact.Position, o.Facts)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE `+table+` SET act = $2, audience = $3, barred = $4, rule = $5, due = $6, overdue_after = $7,
			law_version = $8, promise_due = $9 WHERE eia_id = $1`,
			o.ID, n.Act, n.Audience, join(n.Barred), n.Rule, orNever(n.Due), n.OverdueAfter, n.LawVersion, orNever(n.PromiseDue))
		if err != nil {
			return err
		}
	}
	return nil
}

// join writes accounts so that one can be looked for: "|a|b|".
func join(accounts []string) string {
	if len(accounts) == 0 {
		return ""
	}
	return "|" + strings.Join(slices.Compact(slices.Sorted(slices.Values(accounts))), "|") + "|"
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(fact readmodel.Fact) string { return fact.Meta.RecordedAt.UTC().Format(stampLayout) }

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func orNever(day string) string {
	if day == "" {
		return never
	}
	return day
}

// Package permitlist is the read model of permits and applications: one row
// each, for the list of permits, for every worklist and for the ticker that
// looks for days gone by.
//
// Due days are not facts: they are computed from the facts in the row by the
// [Procedure] that the service passes in, with the law as it stood in the log,
// and are computed again for every open row when an edition of law data is
// loaded.
//
// It imports the contracts and internal/readmodel. Start with [Projection],
// then [Queries].
package permitlist

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Name of the view, for waiting readers.
const Name = "permit_list"

// Pause is time that does not count, as facts tell it.
type Pause struct {
	Kind string `json:"kind"`
	From string `json:"from"`
	Last string `json:"last,omitempty"`
}

// Facts are what a permit's events say about its procedure: enough to compute
// what comes next and by when.
type Facts struct {
	Status         permitsv1.PermitStatus    `json:"status"`
	Class          permitsv1.ManagementClass `json:"class"`
	NoticeFrom     string                    `json:"noticeFrom,omitempty"`
	Received       string                    `json:"received,omitempty"`
	Answered       string                    `json:"answered,omitempty"`
	Accepted       string                    `json:"accepted,omitempty"`
	Deemed         bool                      `json:"deemed,omitempty"`
	SiteChecked    bool                      `json:"siteChecked,omitempty"`
	Pauses         []Pause                   `json:"pauses,omitempty"`
	RecommendGrant bool                      `json:"recommendGrant,omitempty"`
	Decided        string                    `json:"decided,omitempty"`
	Delivered      string                    `json:"delivered,omitempty"`
	Clerks         []string                  `json:"clerks,omitempty"`
	Examiners      []string                  `json:"examiners,omitempty"`
}

// Next is what the procedure waits for.
type Next struct {
	Act          string   // "accept"; empty when the procedure is over
	Audience     string   // role that has to act; "applicant" for the firm
	Barred       []string // accounts that may not, because of an earlier post
	Rule         string   // statutory period; empty if none runs
	Due          string   // earlier reading: drives reminders and the order
	OverdueAfter string   // later reading
	Suspended    bool     // the clock stands still
	LawVersion   string   // the book that was asked
}

// Procedure computes what comes next from facts under one law.
type Procedure func(Facts) Next

// Law tells the procedure under the law as it stood at a position of the log,
// so that a replay computes every row as it was computed live.
type Law interface {
	// ProcedureAt answers for the events up to a position.
	ProcedureAt(es.Position) (Procedure, error)
	// Reach returns when an edition that was loaded at a position is known.
	Reach(context.Context, es.Position) error
}

// Never sorts after every day.
const never = "9999-12-31"

const (
	table  = "permit_list_v1"
	search = "permit_list_search_v1"
)

// Projection is the view.
func Projection(law Law) readmodel.Projection {
	v := view{law}
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table}, Search: []string{search}, Schema: schema(),
		Handlers: []readmodel.Handler{
			readmodel.On(v.onOpened),
			readmodel.On(on(v, func(f *Facts, _ readmodel.Fact, e *permitsv1.PublicNoticePublished) {
				f.Status, f.NoticeFrom = permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE, e.GetFrom().GetIso()
			})),
			readmodel.On(v.onSubmitted), readmodel.On(v.onResubmitted), readmodel.On(v.onCorrected),
			readmodel.On(on(v, onDeficient)), readmodel.On(on(v, onNotRequired)), readmodel.On(on(v, onOutside)),
			readmodel.On(on(v, onAccepted)), readmodel.On(on(v, onDeemed)), readmodel.On(on(v, onWithdrawn)),
			readmodel.On(on(v, onPaused)), readmodel.On(on(v, onResumed)),
			readmodel.On(on(v, func(f *Facts, _ readmodel.Fact, _ *permitsv1.SiteChecked) { f.SiteChecked = true })),
			readmodel.On(on(v, onExamined)),
			readmodel.On(on(v, func(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitExaminationReturned) {
				f.Status = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED
			})),
			readmodel.On(v.onIssued), readmodel.On(on(v, onRefused)),
			readmodel.On(on(v, func(f *Facts, _ readmodel.Fact, e *permitsv1.PermitDecisionDelivered) {
				f.Delivered = e.GetDelivered().GetIso()
			})),
			readmodel.On(v.onEdition),
		},
	}
}

func schema() []string {
	ddl := []string{`CREATE TABLE ` + table + ` (
		permit_id TEXT NOT NULL PRIMARY KEY, facility_id TEXT NOT NULL, enterprise_id TEXT NOT NULL,
		permit_number TEXT NOT NULL DEFAULT '', unit_name TEXT NOT NULL, uscc TEXT NOT NULL, division TEXT NOT NULL,
		status INTEGER NOT NULL, class INTEGER NOT NULL, industry TEXT NOT NULL DEFAULT '',
		valid_from TEXT NOT NULL DEFAULT '', valid_to TEXT NOT NULL DEFAULT '` + never + `',
		recorded_at TEXT NOT NULL, example INTEGER NOT NULL, facts TEXT NOT NULL,
		act TEXT NOT NULL, audience TEXT NOT NULL, barred TEXT NOT NULL, rule TEXT NOT NULL,
		due TEXT NOT NULL, overdue_after TEXT NOT NULL, suspended INTEGER NOT NULL, law_version TEXT NOT NULL)`}
	// Each order alone, and behind what people filter by. The columns behind the
	// id let a filter pass over entries without looking at their rows.
	for _, index := range [][3]string{
		{"recorded_at", "recorded_at", "status, class, division, enterprise_id"},
		{"due", "due", "status, class, division, enterprise_id"},
		{"unit_name", "unit_name", "status, class, division, enterprise_id"},
		{"valid_to", "valid_to", "status, class, division, enterprise_id"},
		{"status_recorded_at", "status, recorded_at", "class, division, enterprise_id"},
		{"status_due", "status, due", "class, division, enterprise_id"},
		{"division_recorded_at", "division, recorded_at", "status, class"},
		{"division_due", "division, due", "status, class"},
		{"division_unit_name", "division, unit_name", "status, class"},
		{"both_recorded_at", "division, status, recorded_at", "class"},
		{"both_due", "division, status, due", "class"},
	} {
		ddl = append(ddl, fmt.Sprintf(`CREATE INDEX permit_list_v1_%s ON `+table+` (%s, permit_id, %s)`, index[0], index[1], index[2]))
	}
	return append(ddl,
		`CREATE INDEX permit_list_v1_enterprise ON `+table+` (enterprise_id)`,
		`CREATE INDEX permit_list_v1_work ON `+table+` (audience, due, permit_id)`)
}

type view struct{ law Law }

func (v view) onOpened(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	f := Facts{Status: permitsv1.PermitStatus_PERMIT_STATUS_DRAFT, Class: e.GetManagementClass()}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (permit_id, facility_id, enterprise_id, unit_name, uscc, division,
		status, class, recorded_at, example, facts, act, audience, barred, rule, due, overdue_after, suspended, law_version)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', $7, '{}', '', '', '', '', '', '', 0, '')`,
		fact.ID, e.GetFacilityId(), e.GetEnterpriseId(), e.GetUnitName(), e.GetUscc(), e.GetDivision(), number(e.GetExample()))
	if err == nil {
		err = readmodel.PutSearch(ctx, tx, search, fact.ID, e.GetUnitName(), e.GetUscc())
	}
	if err != nil {
		return err
	}
	return v.store(ctx, tx, fact, f)
}

// on makes a handler from a change of the facts.
func on[E interface {
	*M
	readmodelEvent
}, M any](v view, change func(*Facts, readmodel.Fact, E)) func(context.Context, readmodel.Tx, readmodel.Fact, E) error {
	return func(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e E) error {
		return v.change(ctx, tx, fact, func(f *Facts) { change(f, fact, e) })
	}
}

func (v view) change(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, change func(*Facts)) error {
	var raw string
	err := tx.QueryRowContext(ctx, `SELECT facts FROM `+table+` WHERE permit_id = $1`, fact.ID).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s before the permit was opened", fact.Type)
	}
	if err != nil {
		return err
	}
	var f Facts
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		return fmt.Errorf("facts of a row: %w", err)
	}
	change(&f)
	return v.store(ctx, tx, fact, f)
}

// store writes facts and all that follows from them after an event of the
// permit.
func (v view) store(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, f Facts) error {
	procedure, err := v.law.ProcedureAt(fact.Position)
	if err != nil {
		return err
	}
	return put(ctx, tx, fact.ID, f, procedure(f), stamp(fact))
}

// put writes a row. An empty time leaves the time of the last change as it is.
func put(ctx context.Context, tx readmodel.Tx, id string, f Facts, n Next, recorded string) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	due := n.Due
	if due == "" {
		due = never
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+table+` SET status = $2, class = $3, facts = $4,
		act = $5, audience = $6, barred = $7, rule = $8, due = $9, overdue_after = $10, suspended = $11, law_version = $12,
		recorded_at = CASE WHEN $13 = '' THEN recorded_at ELSE $13 END WHERE permit_id = $1`,
		id, int32(f.Status), int32(f.Class), string(raw), n.Act, n.Audience, join(n.Barred), n.Rule, due, n.OverdueAfter,
		number(n.Suspended), n.LawVersion, recorded)
	return err
}

// onEdition computes the due days of every open row again, with the law that
// holds from this event on.
func (v view) onEdition(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *commonv1.LawEditionLoaded) error {
	if err := v.law.Reach(ctx, fact.Position); err != nil {
		return err
	}
	procedure, err := v.law.ProcedureAt(fact.Position)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT permit_id, facts FROM `+table+` WHERE act <> '' ORDER BY permit_id`)
	if err != nil {
		return err
	}
	facts, ids, err := scanFacts(rows)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if err := put(ctx, tx, id, facts[i], procedure(facts[i]), ""); err != nil {
			return err
		}
	}
	return nil
}

func scanFacts(rows *sql.Rows) (facts []Facts, ids []string, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, raw string
		if err := rows.Scan(&id, &raw); err != nil {
			return nil, nil, err
		}
		var f Facts
		if err := json.Unmarshal([]byte(raw), &f); err != nil {
			return nil, nil, fmt.Errorf("facts of a row: %w", err)
		}
		facts, ids = append(facts, f), append(ids, id)
	}
	return facts, ids, rows.Err()
}

// join writes accounts so that one can be looked for: "|a|b|".
func join(accounts []string) string {
	if len(accounts) == 0 {
		return ""
	}
	return "|" + strings.Join(slices.Compact(slices.Sorted(slices.Values(accounts))), "|") + "|"
}

func stamp(fact readmodel.Fact) string {
	return fact.Meta.RecordedAt.UTC().Format(stampLayout)
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

// Recorded reads the time of a row.
func parseStamp(s string) time.Time {
	t, err := time.Parse(stampLayout, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

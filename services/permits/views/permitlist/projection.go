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
	"fmt"
	"slices"
	"strings"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
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

	Life
}

// Life is what the facts since the grant add.
type Life struct {
	Standing    permitsv1.PermitStatus    `json:"standing,omitempty"` // zero before the grant
	Kind        permitsv1.ProcedureKind   `json:"kind,omitempty"`     // of the procedure that is open or was the latest
	Granted     permitsv1.ManagementClass `json:"granted,omitempty"`  // class of the permit
	ValidTo     string                    `json:"validTo,omitempty"`
	Numbered    bool                      `json:"numbered,omitempty"` // the permit has its number
	ChangedOn   string                    `json:"changedOn,omitempty"`
	Effective   string                    `json:"effective,omitempty"`
	Filed       string                    `json:"filed,omitempty"` // first filing of the procedure
	Reminded    int32                     `json:"reminded,omitempty"`
	DeemedFrom  string                    `json:"deemedFrom,omitempty"`
	Measure     string                    `json:"measure,omitempty"` // proposed
	ProposedBy  string                    `json:"proposedBy,omitempty"`
	BarredUntil string                    `json:"barredUntil,omitempty"`
	Undelivered bool                      `json:"undelivered,omitempty"`
}

// Shown is the status for readers: the standing of a granted permit, the stage
// of an application before.
func (f Facts) Shown() permitsv1.PermitStatus {
	if f.Standing != 0 {
		return f.Standing
	}
	return f.Status
}

// alarm reports what the decider has to know at once: a renewal that the law
// granted because nobody decided it.
func (f Facts) alarm() bool { return f.DeemedFrom != "" && f.undecided() }

func (f Facts) undecided() bool {
	switch f.Status {
	case permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED, permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT,
		permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED, permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED:
		return true
	default:
		return false
	}
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
	table  = "permit_list_v3"
	search = "permit_list_search_v3"
)

// Projection is the view.
func Projection(law Law) readmodel.Projection {
	v := view{law}
	return readmodel.Projection{
		Name: Name, Version: 3, Tables: []string{table}, Search: []string{search},
		Schema: []string{schema}, Indexes: indexes(), Flush: v.flush,
		Handlers: []readmodel.Handler{
			readmodel.On(onOpened),
			readmodel.On(on(func(f *Facts, _ readmodel.Fact, e *permitsv1.PublicNoticePublished) {
				f.Status, f.NoticeFrom = permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE, e.GetFrom().GetIso()
			})),
			readmodel.On(onSubmitted), readmodel.On(onResubmitted), readmodel.On(onCorrected),
			readmodel.On(on(onDeficient)), readmodel.On(on(onNotRequired)), readmodel.On(on(onOutside)),
			readmodel.On(on(onAccepted)), readmodel.On(on(onDeemed)), readmodel.On(on(onWithdrawn)),
			readmodel.On(on(onPaused)), readmodel.On(on(onResumed)),
			readmodel.On(on(func(f *Facts, _ readmodel.Fact, _ *permitsv1.SiteChecked) { f.SiteChecked = true })),
			readmodel.On(on(onExamined)),
			readmodel.On(on(func(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitExaminationReturned) {
				f.Status = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED
			})),
			readmodel.On(onIssued), readmodel.On(on(onRefused)),
			readmodel.On(on(func(f *Facts, _ readmodel.Fact, e *permitsv1.PermitDecisionDelivered) {
				if f.Undelivered {
					f.Undelivered = false
					return
				}
				f.Delivered = e.GetDelivered().GetIso()
			})),
			readmodel.On(onBegun), readmodel.On(onVersion), readmodel.On(onNumber),
			readmodel.On(on(onReminded)), readmodel.On(on(onDeemedRenewed)), readmodel.On(on(onExpired)),
			readmodel.On(on(onProposed)), readmodel.On(on(onRejected)), readmodel.On(on(onReissued)),
			readmodel.On(on(onWithheld)), readmodel.On(on(onGivenBack)), readmodel.On(on(onForfeited)), readmodel.On(on(onRevoked)),
			readmodel.On(on(onCancelled)),
			readmodel.On(v.onEdition),
		},
	}
}

// words is what a search looks for: name, code and number as [readmodel.Fold]
// writes them.
const schema = `CREATE TABLE ` + table + ` (
	permit_id TEXT NOT NULL PRIMARY KEY, facility_id TEXT NOT NULL, enterprise_id TEXT NOT NULL,
	permit_number TEXT NOT NULL, unit_name TEXT NOT NULL, uscc TEXT NOT NULL, division TEXT NOT NULL,
	status INTEGER NOT NULL, stage INTEGER NOT NULL, alarm INTEGER NOT NULL, reminded INTEGER NOT NULL,
	class INTEGER NOT NULL, industry TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT NOT NULL,
	recorded_at TEXT NOT NULL, example INTEGER NOT NULL, words TEXT NOT NULL, facts TEXT NOT NULL,
	act TEXT NOT NULL, audience TEXT NOT NULL, barred TEXT NOT NULL, rule TEXT NOT NULL,
	due TEXT NOT NULL, overdue_after TEXT NOT NULL, suspended INTEGER NOT NULL, law_version TEXT NOT NULL)`

// indexes are each order alone, and behind what people filter by. The columns
// behind the id let a filter or a search for words pass over entries without
// looking at their rows.
func indexes() (ddl []string) {
	for _, index := range [][3]string{
		{"recorded_at", "recorded_at", "status, class, division, words"},
		{"due", "due", "status, class, division, words"},
		{"unit_name", "unit_name", "status, class, division, words"},
		{"valid_to", "valid_to", "status, class, division, words"},
		{"status_recorded_at", "status, recorded_at", "class, division"},
		{"status_due", "status, due", "class, division"},
		{"division_recorded_at", "division, recorded_at", "status, class, words"},
		{"division_due", "division, due", "status, class, words"},
		{"division_unit_name", "division, unit_name", "status, class, words"},
		{"both_recorded_at", "division, status, recorded_at", "class"},
		{"both_due", "division, status, due", "class"},
	} {
		ddl = append(ddl, fmt.Sprintf(`CREATE INDEX IF NOT EXISTS `+table+`_%s ON `+table+` (%s, permit_id, %s)`, index[0], index[1], index[2]))
	}
	return append(ddl,
		`CREATE INDEX IF NOT EXISTS `+table+`_enterprise ON `+table+` (enterprise_id)`,
		`CREATE INDEX IF NOT EXISTS `+table+`_number ON `+table+` (permit_number)`,
		`CREATE INDEX IF NOT EXISTS `+table+`_alarm ON `+table+` (alarm, due, permit_id)`,
		`CREATE INDEX IF NOT EXISTS `+table+`_stage ON `+table+` (stage, due, permit_id)`,
		`CREATE INDEX IF NOT EXISTS `+table+`_work ON `+table+` (audience, due, permit_id)`)
}

type view struct{ law Law }

// on makes a handler from a change of the facts.
func on[E interface {
	*M
	readmodelEvent
}, M any](change func(*Facts, readmodel.Fact, E)) func(context.Context, readmodel.Tx, readmodel.Fact, E) error {
	return func(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e E) error {
		return edit(ctx, tx, fact, func(r *row) { change(&r.facts, fact, e) })
	}
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

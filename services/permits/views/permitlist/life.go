package permitlist

import (
	"context"
	"fmt"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

func onBegun(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitProcedureOpened) error {
	return edit(ctx, tx, fact, func(r *row) {
		was := r.facts
		life := was.Life
		life.Undelivered = was.Undelivered || was.Decided != "" && was.Delivered == "" &&
			(was.Status == permitsv1.PermitStatus_PERMIT_STATUS_ISSUED || was.Status == permitsv1.PermitStatus_PERMIT_STATUS_REFUSED)
		life.Kind, life.Filed = e.GetKind(), ""
		life.ChangedOn, life.Effective = e.GetChangedOn().GetIso(), e.GetEffective().GetIso()
		r.facts = Facts{Status: permitsv1.PermitStatus_PERMIT_STATUS_DRAFT, Class: was.Class, Life: life}
		if e.GetKind() == permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY {
			r.facts.Status, r.facts.Clerks = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED, add(nil, fact.Meta.Actor.ID)
			r.facts.Accepted = law.DateOf(fact.Meta.OccurredAt).String()
		}
	})
}

func onVersion(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitVersionIssued) error {
	return edit(ctx, tx, fact, func(r *row) {
		r.validFrom, r.validTo, r.issued = e.GetValidFrom().GetIso(), e.GetValidTo().GetIso(), true
		if base := e.GetBaseData(); base != nil {
			r.name = base.GetUnitName()
		}
		r.file(e.GetContent(), "")
		f := &r.facts
		f.Granted = f.Class
		f.Status, f.Decided, f.ValidTo = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, e.GetDecided().GetIso(), r.validTo
		switch e.GetKind() {
		case permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL, permitsv1.ProcedureKind_PROCEDURE_KIND_REAPPLICATION:
			f.Reminded, f.DeemedFrom = 0, ""
			if f.Standing != permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD {
				f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED
			}
		default: // the term and the standing stay
		}
	})
}

func onNumber(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PlatformNumberEntered) error {
	return edit(ctx, tx, fact, func(r *row) { r.number, r.facts.Numbered, r.issued = e.GetPermitNumber(), true, true })
}

func onReminded(f *Facts, _ readmodel.Fact, e *permitsv1.PermitRenewalReminded) {
	f.Reminded = e.GetDaysBefore()
}

func onDeemedRenewed(f *Facts, _ readmodel.Fact, e *permitsv1.PermitDeemedRenewed) {
	f.DeemedFrom = e.GetFrom().GetIso()
	if f.Standing != permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD {
		f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED
	}
}

func onExpired(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitExpired) {
	f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED
}

func onProposed(f *Facts, fact readmodel.Fact, e *permitsv1.PermitMeasureProposed) {
	f.Measure, f.ProposedBy = e.GetMeasure(), fact.Meta.Actor.ID
}

func onRejected(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitMeasureRejected) { f.settled() }

func onReissued(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitPaperReissued) { f.settled() }

func onWithheld(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitWithheld) {
	f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD
	f.settled()
}

func onGivenBack(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitGivenBack) {
	f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED
	if f.DeemedFrom != "" {
		f.Standing = permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED
	}
	f.settled()
}

func onForfeited(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitForfeited) {
	f.end(permitsv1.PermitStatus_PERMIT_STATUS_FORFEITED)
}

func onRevoked(f *Facts, _ readmodel.Fact, e *permitsv1.PermitRevoked) {
	f.end(permitsv1.PermitStatus_PERMIT_STATUS_REVOKED)
	f.BarredUntil = e.GetBarredUntil().GetIso()
}

func onCancelled(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitCancelled) {
	f.end(permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED)
}

// fallBack ends a procedure that changed nothing.
func (f *Facts) fallBack() {
	if f.Standing != 0 {
		f.Class = f.Granted
	}
}

func (f *Facts) settled() { f.Measure, f.ProposedBy = "", "" }

// end takes the permit away, and with it the procedure that is open.
func (f *Facts) end(standing permitsv1.PermitStatus) {
	f.Standing = standing
	f.settled()
	f.fallBack()
	if f.undecided() || f.Status == permitsv1.PermitStatus_PERMIT_STATUS_DRAFT || f.Status == permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE {
		f.Status = permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN
	}
}

// Ending lists granted permits whose term is over on a day and of which the
// ticker has not said so, at most 1,000.
func (q Queries) Ending(ctx context.Context, today string) ([]string, error) {
	return q.ids(ctx, "look for ended terms", `SELECT permit_id FROM `+table+` WHERE valid_to < $1 AND status IN ($2, $3)
		ORDER BY valid_to, permit_id LIMIT 1000`,
		today, int32(permitsv1.PermitStatus_PERMIT_STATUS_ISSUED), int32(permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD))
}

// Reminding lists permits in force whose term ends by a day and whose holder
// was not yet reminded so near to it, at most 1,000. Reminders count down;
// before is how many days the next one comes before the end.
func (q Queries) Reminding(ctx context.Context, today, until string, before int32) ([]string, error) {
	return q.ids(ctx, "look for reminders", `SELECT permit_id FROM `+table+` WHERE valid_to <= $1 AND valid_to >= $2 AND status = $3
		AND (reminded = 0 OR reminded > $4) ORDER BY valid_to, permit_id LIMIT 1000`,
		until, today, int32(permitsv1.PermitStatus_PERMIT_STATUS_ISSUED), before)
}

// Barred is the latest day until which an enterprise may not apply, because a
// permit of it was revoked for fraud (D736 Art. 40); "" for none.
func (q Queries) Barred(ctx context.Context, enterprise string) (until string, err error) {
	rows, err := q.DB.Query(ctx, `SELECT permit_id, facts FROM `+table+` WHERE enterprise_id = $1 AND status IN ($2, $3)`,
		enterprise, int32(permitsv1.PermitStatus_PERMIT_STATUS_REVOKED), int32(permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED))
	if err != nil {
		return "", fmt.Errorf("look for bans: %w", err)
	}
	facts, _, err := scanFacts(rows)
	if err != nil {
		return "", fmt.Errorf("look for bans: %w", err)
	}
	for _, f := range facts {
		until = max(until, f.BarredUntil)
	}
	return until, nil
}

// ByNumber is the permit with a number, or problem.ErrNotFound.
func (q Queries) ByNumber(ctx context.Context, number string) (string, error) {
	ids, err := q.ids(ctx, "look for a number", `SELECT permit_id FROM `+table+` WHERE permit_number = $1 ORDER BY recorded_at DESC LIMIT 1`, number)
	if err != nil {
		return "", err
	}
	if len(ids) == 0 || number == "" {
		return "", problem.ErrNotFound
	}
	return ids[0], nil
}

package permitlist

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

type readmodelEvent = proto.Message

// filed is what both filings change: stage, class, industry and receipt.
func (v view) filed(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, content *permitsv1.ApplicationContent, received string) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET industry = $2 WHERE permit_id = $1`, fact.ID, content.GetIndustry())
	if err != nil {
		return err
	}
	return v.change(ctx, tx, fact, func(f *Facts) {
		f.Class = content.GetManagementClass()
		if received != "" {
			f.Status, f.Received, f.Answered = permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED, received, ""
		}
	})
}

func (v view) onSubmitted(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationSubmitted) error {
	return v.filed(ctx, tx, fact, e.GetContent(), e.GetReceived().GetIso())
}

func (v view) onResubmitted(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationResubmitted) error {
	return v.filed(ctx, tx, fact, e.GetContent(), e.GetReceived().GetIso())
}

func (v view) onCorrected(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationCorrectedOnSpot) error {
	if err := v.filed(ctx, tx, fact, e.GetContent(), ""); err != nil {
		return err
	}
	return v.change(ctx, tx, fact, func(f *Facts) { f.Clerks = add(f.Clerks, fact.Meta.Actor.ID) })
}

func (v view) onIssued(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitIssued) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET permit_number = $2, valid_from = $3, valid_to = $4, industry = $5 WHERE permit_id = $1`,
		fact.ID, e.GetPermitNumber(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso(), e.GetContent().GetIndustry())
	if err != nil {
		return err
	}
	var name, uscc string
	err = tx.QueryRowContext(ctx, `SELECT unit_name, uscc FROM `+table+` WHERE permit_id = $1`, fact.ID).Scan(&name, &uscc)
	if err == nil {
		err = readmodel.PutSearch(ctx, tx, search, fact.ID, name, uscc, e.GetPermitNumber())
	}
	if err != nil {
		return err
	}
	return v.change(ctx, tx, fact, func(f *Facts) {
		f.Status, f.Class = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, e.GetContent().GetManagementClass()
		f.Decided = e.GetDecided().GetIso()
	})
}

func onDeficient(f *Facts, fact readmodel.Fact, e *permitsv1.DeficiencyNoticed) {
	f.Status, f.Answered = permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT, e.GetNoticed().GetIso()
	f.Clerks = add(f.Clerks, fact.Meta.Actor.ID)
}

func onNotRequired(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitFoundNotRequired) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_NOT_REQUIRED
}

func onOutside(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitFoundOutsideAuthority) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_WRONG_AUTHORITY
}

func onAccepted(f *Facts, fact readmodel.Fact, e *permitsv1.PermitApplicationAccepted) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED
	f.Accepted, f.Answered = e.GetAccepted().GetIso(), e.GetAccepted().GetIso()
	f.Clerks = add(f.Clerks, fact.Meta.Actor.ID)
}

func onDeemed(f *Facts, _ readmodel.Fact, e *permitsv1.PermitApplicationDeemedAccepted) {
	f.Status, f.Accepted, f.Deemed = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED, e.GetAccepted().GetIso(), true
}

func onWithdrawn(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitApplicationWithdrawn) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN
}

func onPaused(f *Facts, _ readmodel.Fact, e *permitsv1.DecisionClockPaused) {
	f.Pauses = append(f.Pauses, Pause{Kind: e.GetKind(), From: e.GetFrom().GetIso()})
}

func onResumed(f *Facts, _ readmodel.Fact, e *permitsv1.DecisionClockResumed) {
	if n := len(f.Pauses); n > 0 {
		f.Pauses[n-1].Last = e.GetLast().GetIso()
	}
}

func onExamined(f *Facts, fact readmodel.Fact, e *permitsv1.PermitApplicationExamined) {
	f.Status, f.RecommendGrant = permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED, e.GetRecommendGrant()
	f.Examiners = add(f.Examiners, fact.Meta.Actor.ID)
}

func onRefused(f *Facts, _ readmodel.Fact, e *permitsv1.PermitRefused) {
	f.Status, f.Decided = permitsv1.PermitStatus_PERMIT_STATUS_REFUSED, e.GetDecided().GetIso()
}

func add(accounts []string, id string) []string {
	if id == "" || slices.Contains(accounts, id) {
		return accounts
	}
	return append(accounts, id)
}

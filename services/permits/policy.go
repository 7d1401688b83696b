package permits

import (
	"context"
	"fmt"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/permitlist"
)

// procedures tells the list of permits what comes next, by the law of a
// position.
type procedures struct{ book desk.Lawbook }

// ProcedureAt implements [permitlist.Law].
func (p procedures) ProcedureAt(at es.Position) (permitlist.Procedure, error) {
	book, err := p.book.BookAt(at)
	if err != nil {
		return nil, err
	}
	return procedure(book), nil
}

// Reach implements [permitlist.Law].
func (p procedures) Reach(ctx context.Context, at es.Position) error { return p.book.WaitFor(ctx, at) }

// procedure computes what a permit waits for under one law, by the same rules
// that decide.
func procedure(book *law.Book) permitlist.Procedure {
	return func(f permitlist.Facts) permitlist.Next {
		p := fromFacts(f)
		next := permitlist.Next{LawVersion: book.Version()}
		act, ok := p.NextAct()
		if !ok {
			return next
		}
		next.Act, next.Audience = act.Name, audienceOf(act)
		next.Barred = barred(p, act, next.Audience)
		if clock, running := p.Next(book); running {
			next.Rule, next.Suspended = clock.Rule.ID, clock.Suspended
			next.Due, next.OverdueAfter = clock.Earlier.String(), clock.Later.String()
		}
		return next
	}
}

// barred are the accounts that may not do an act because of an earlier post.
func barred(p permit.Permit, act permit.Act, audience string) []string {
	switch {
	case p.Proposed != nil:
		return []string{p.Proposed.By}
	case act.Name == "propose-measure":
		return nil
	case audience == string(rpc.PermitExaminer):
		return p.Clerks
	case audience == string(rpc.PermitDecider):
		return slices.Concat(p.Clerks, p.Examiners)
	}
	return nil
}

// audienceOf is whose worklist an act belongs to.
func audienceOf(act permit.Act) string {
	rule, ok := rpc.RuleOf(methods + act.Method)
	if !ok || len(rule.Roles) == 0 {
		return ""
	}
	if rule.Roles[0].Firm() {
		return applicant
	}
	return string(rule.Roles[0])
}

// The names of the reactions; they are also system actors.
const (
	reactionSites   = "permit_sites"
	reactionNumbers = "permit_numbers"
)

// reactions are what sites and permits do because of their own facts: a site is
// kept or freed, a number is marked used.
func (s *Server) reactions() []readmodel.Reaction {
	return []readmodel.Reaction{
		{Name: reactionSites, Handlers: []readmodel.Trigger{
			readmodel.When(s.keepSite),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitRefused) error {
				return s.freeSite(ctx, f, "refused")
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitCancelled) error {
				return s.freeSite(ctx, f, "cancelled")
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitApplicationWithdrawn) error {
				return s.freeSite(ctx, f, "withdrawn")
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitFoundNotRequired) error {
				return s.freeSite(ctx, f, "declined")
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitFoundOutsideAuthority) error {
				return s.freeSite(ctx, f, "declined")
			}),
		}},
		{Name: reactionNumbers, Handlers: []readmodel.Trigger{
			usesNumber(s, (*permitsv1.DeficiencyNoticed).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitFoundNotRequired).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitFoundOutsideAuthority).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitApplicationAccepted).GetDocumentNumber),
			usesNumber(s, (*permitsv1.DecisionClockPaused).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitIssued).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitRefused).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitVersionIssued).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitRevoked).GetDocumentNumber),
			usesNumber(s, (*permitsv1.PermitCancelled).GetDocumentNumber),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityRegistered) error {
				return s.useSequence(ctx, f, e.GetSite().GetUscc(), e.GetSiteSequence())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityChanged) error {
				return s.useSequence(ctx, f, e.GetSite().GetUscc(), e.GetSiteSequence())
			}),
		}},
	}
}

func (s *Server) keepSite(ctx context.Context, f readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	return s.KeepSite(ctx, reactionSites, f, e.GetFacilityId(), e.GetReservationId())
}

// freeSite gives a site back once its application is over, so that the firm
// can apply again.
func (s *Server) freeSite(ctx context.Context, f readmodel.Fact, reason string) error {
	p, _, err := s.permits.Load(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("free the site of %s: %w", f.Stream, err)
	}
	if p.Granted() && p.Standing != permit.Cancelled {
		return nil // a procedure about the permit is over, not the permit
	}
	return s.FreeSite(ctx, reactionSites, f, p.FacilityID, reason)
}

// usesNumber marks the number of a document used once its event is stored.
func usesNumber[E es.Event](s *Server, number func(E) string) readmodel.Trigger {
	return desk.UsesNumber(s.Desk, reactionNumbers, documents, number)
}

func (s *Server) useSequence(ctx context.Context, f readmodel.Fact, uscc string, sequence int32) error {
	if sequence == 0 {
		return nil
	}
	return s.MarkUsed(ctx, reactionNumbers, f, desk.InSeries{Organ: uscc, Type: seriesSite, Serial: int64(sequence)})
}

package permits

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/pending"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
	"shiyang/services/permits/views/sitelist"
)

// Lawbook is the law as the log tells it: decisions take the book of now,
// views the book as of the event that they are given, so that a replay equals
// what was live. A lawbook.Library is one.
type Lawbook interface {
	// BookAt returns the law as it stood at a position of the log.
	BookAt(es.Position) (*law.Book, error)
	// WaitFor returns when every edition up to a position is known.
	WaitFor(context.Context, es.Position) error
}

// Projections are the views of a service whose law never changes while it
// runs; see [LawfulProjections].
func Projections(book func() *law.Book) []readmodel.Projection {
	return LawfulProjections(always(book))
}

// LawfulProjections are the views of the service. Due days in them follow the
// law as it stood in the log.
func LawfulProjections(book Lawbook) []readmodel.Projection {
	return []readmodel.Projection{
		permitlist.Projection(procedures{book}), register.Projection(), sitelist.Projection(),
		pending.Projection(categoryFacility, categoryPermit),
	}
}

// always is one law for every position.
type always func() *law.Book

// BookAt implements [Lawbook].
func (a always) BookAt(es.Position) (*law.Book, error) { return a(), nil }

// WaitFor implements [Lawbook].
func (a always) WaitFor(context.Context, es.Position) error { return nil }

// procedures tells the list of permits what comes next, by the law of a
// position.
type procedures struct{ book Lawbook }

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
		switch next.Audience {
		case string(rpc.PermitExaminer):
			next.Barred = p.Clerks
		case string(rpc.PermitDecider):
			next.Barred = append(append(next.Barred, p.Clerks...), p.Examiners...)
		}
		if clock, running := p.Next(book); running {
			next.Rule, next.Suspended = clock.Rule.ID, clock.Suspended
			next.Due, next.OverdueAfter = clock.Earlier.String(), clock.Later.String()
		}
		return next
	}
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

// Reactions are what the service does because of its own facts: a site is kept
// or freed, a number is marked used.
func Reactions(s *Server) []readmodel.Reaction {
	return []readmodel.Reaction{
		{Name: reactionSites, Handlers: []readmodel.Trigger{
			readmodel.When(s.keepSite),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitRefused) error {
				return s.freeSite(ctx, f, "refused")
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
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityRegistered) error {
				return s.useSequence(ctx, f, e.GetSite().GetUscc(), e.GetSiteSequence())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityChanged) error {
				return s.useSequence(ctx, f, e.GetSite().GetUscc(), e.GetSiteSequence())
			}),
		}},
	}
}

// reacting is the metadata of a command that a reaction issues because of a
// fact: the id is derived from the fact, so a redelivery has no further effect.
func (s *Server) reacting(name string, f readmodel.Fact) es.Meta {
	return es.Meta{
		CommandID: readmodel.DerivedID(name, f.EventID), CommandHash: name,
		CorrelationID: f.Meta.CorrelationID, CausationID: f.EventID,
		Actor: es.Actor{ID: "system:" + name, Role: string(rpc.System)}, LawVersion: s.law().Version(), Client: "reaction",
	}
}

func (s *Server) keepSite(ctx context.Context, f readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	err := s.keys.Confirm(ctx, s.reacting(reactionSites, f), keySite, e.GetFacilityId(), e.GetReservationId())
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, reserve.ErrTaken) {
		s.log.LogAttrs(ctx, slog.LevelError, "an open application does not hold its site",
			slog.String("permit", f.ID), slog.Any("error", err))
		return nil // trying again would not help: a person has to look
	}
	return err
}

// freeSite gives a site back once its application is over, so that the firm
// can apply again.
func (s *Server) freeSite(ctx context.Context, f readmodel.Fact, reason string) error {
	p, _, err := s.permits.Load(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("free the site of %s: %w", f.Stream, err)
	}
	current, err := s.keys.Current(ctx, keySite, p.FacilityID)
	if err != nil || current.Holder != f.Stream {
		return err // freed before, or somebody else's by now
	}
	return s.keys.Release(ctx, s.reacting(reactionSites, f), keySite, p.FacilityID, current.ID, reason)
}

// usesNumber marks the number of a document used once its event is stored.
func usesNumber[E es.Event](s *Server, number func(E) string) readmodel.Trigger {
	return readmodel.When(func(ctx context.Context, f readmodel.Fact, e E) error {
		at, ok := readNumber(number(e), s.law().On(law.DateOf(f.Meta.OccurredAt)))
		if !ok {
			return nil // not one of our series
		}
		return s.markUsed(ctx, f, at)
	})
}

func (s *Server) useSequence(ctx context.Context, f readmodel.Fact, uscc string, sequence int32) error {
	if sequence == 0 {
		return nil
	}
	return s.markUsed(ctx, f, numberedSeries{organ: uscc, kind: seriesSite, serial: int64(sequence)})
}

func (s *Server) markUsed(ctx context.Context, f readmodel.Fact, at numberedSeries) error {
	err := s.numbers.MarkUsed(ctx, s.reacting(reactionNumbers, f), at.organ, at.kind, at.year, at.serial)
	if errors.Is(err, series.ErrVoided) || errors.Is(err, problem.ErrNotFound) {
		s.log.LogAttrs(ctx, slog.LevelError, "a number in use is void or unknown in its series",
			slog.String("stream", f.Stream), slog.String("type", at.kind), slog.Int64("serial", at.serial))
		return nil // trying again would not help: a person has to look
	}
	return err
}

package eia

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strconv"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/eia/approval"
	"shiyang/services/permits/eia/views/filelist"
)

// Projections are the views of the department.
func Projections(book desk.Lawbook) []readmodel.Projection {
	return []readmodel.Projection{filelist.Projection(rules{book})}
}

// The names of the reactions; they are also system actors.
const (
	reactionNumbers = "eia_numbers"
	reactionChanges = "eia_changes"
)

// Reactions are what the department does because of its own facts: a number is
// marked used; a file for a major change is tied to the one that it replaces.
func Reactions(s *Server) []readmodel.Reaction {
	return []readmodel.Reaction{
		{Name: reactionNumbers, Handlers: []readmodel.Trigger{
			usesNumber(s, (*permitsv1.EiaDeficiencyNoticed).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaFoundNotRequired).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaFoundOutsideAuthority).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaAccepted).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaReturned).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaClockPaused).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaApproved).GetDocumentNumber),
			usesNumber(s, (*permitsv1.EiaRefused).GetDocumentNumber),
			readmodel.When(s.usesFiling),
		}},
		{Name: reactionChanges, Handlers: []readmodel.Trigger{
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.EiaOpened) error {
				return s.tie(ctx, f, e.GetPreviousEiaId(), func(o approval.Occasion) es.Command[approval.Approval] {
					return approval.OpenChange{Occasion: o, Next: f.ID}
				})
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.EiaApproved) error {
				a, _, err := s.files.Load(ctx, f.ID)
				if err != nil {
					return err
				}
				return s.tie(ctx, f, a.Previous, func(o approval.Occasion) es.Command[approval.Approval] {
					return approval.Replace{Occasion: o, Next: f.ID}
				})
			}),
		}},
	}
}

// usesNumber marks the number of a document used once its event is stored.
func usesNumber[E es.Event](s *Server, number func(E) string) readmodel.Trigger {
	return desk.UsesNumber(s.Desk, reactionNumbers, documents, number)
}

// usesFiling marks the number of a registration form used: year, county, eight
// digits.
func (s *Server) usesFiling(ctx context.Context, f readmodel.Fact, e *permitsv1.EiaRegistrationFiled) error {
	n := e.GetFilingNumber()
	if len(n) != 18 {
		return nil // not one of ours
	}
	year, err := strconv.Atoi(n[:4])
	if err != nil {
		return fmt.Errorf("filing number %s: %w", n, err)
	}
	serial, err := strconv.ParseInt(n[10:], 10, 64)
	if err != nil {
		return fmt.Errorf("filing number %s: %w", n, err)
	}
	return s.MarkUsed(ctx, reactionNumbers, f, desk.InSeries{Organ: n[4:10], Type: seriesFiling, Year: year, Serial: serial})
}

// tie tells the older file of a newer one. What the older one refuses is told
// to the operator: trying again would not help.
func (s *Server) tie(ctx context.Context, f readmodel.Fact, previous string, command func(approval.Occasion) es.Command[approval.Approval]) error {
	if previous == "" {
		return nil
	}
	meta := s.Reacting(reactionChanges, f)
	on := law.DateOf(f.Meta.RecordedAt)
	_, err := s.files.Execute(ctx, previous, meta, command(approval.Occasion{By: meta.Actor, On: on, Today: on, Law: s.Law()}))
	if errors.Is(err, approval.ErrWrongStage) || isRefusal(err) {
		s.Logger.LogAttrs(ctx, slog.LevelError, "an EIA file replaces one that cannot be replaced", slog.String("stream", f.Stream), slog.Any("error", err))
		return nil
	}
	return err
}

// judgePage is how many open files are judged, and told, at a time.
const judgePage = 500

// Judgement compares the running clocks of open files under two laws.
func (s *Server) Judgement(ctx context.Context, before, after *law.Book) iter.Seq2[*commonv1.JudgeResponse, error] {
	return func(yield func(*commonv1.JudgeResponse, error) bool) {
		for last, more := "", true; more; {
			open, err := s.list.Open(ctx, last, judgePage)
			if err != nil {
				yield(nil, err)
				return
			}
			if more = len(open) == judgePage; more {
				last = open[len(open)-1].ID
			}
			page := &commonv1.JudgeResponse{Checked: uint64(len(open))}
			for _, o := range open {
				a, err := fromFacts(o.Facts)
				if err != nil {
					yield(nil, err)
					return
				}
				running := func(book *law.Book) (act.Clock, bool) { return a.Next(book) }
				if change := desk.Compare(Category, o.ID, running, before, after); change != nil {
					page.Changes = append(page.Changes, change)
				}
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

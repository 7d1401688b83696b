package registration

import (
	"context"
	"fmt"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/registration/form"
	"shiyang/services/permits/registration/source"
	"shiyang/services/permits/registration/views/roll"
)

// The names of the reactions; they are also system actors.
const (
	reactionSites = "registration_sites"
	reactionRoll  = "source_roll"
)

// Reactions are what the department does because of facts: a site is kept or
// freed, a granted permit ends the registration, and sources of the roll are
// tied and settled by what their sites have.
func Reactions(s *Server) []readmodel.Reaction {
	return []readmodel.Reaction{
		{Name: reactionSites, Handlers: []readmodel.Trigger{
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.DischargeRegistered) error {
				return s.KeepSite(ctx, reactionSites, f, f.ID, e.GetReservationId())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.DischargeRegistrationExpired) error {
				return s.FreeSite(ctx, reactionSites, f, f.ID, "expired")
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.DischargeRegistrationCancelled) error {
				return s.FreeSite(ctx, reactionSites, f, f.ID, "cancelled")
			}),
			readmodel.When(s.replace),
		}},
		{Name: reactionRoll, Handlers: []readmodel.Trigger{
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.SourceListed) error {
				return s.match(ctx, f, e.GetSource().GetUscc(), e.GetSource().GetDivision())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityRegistered) error {
				return s.match(ctx, f, e.GetSite().GetUscc(), e.GetSite().GetDivision())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.FacilityChanged) error {
				return s.match(ctx, f, e.GetSite().GetUscc(), e.GetSite().GetDivision())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, e *permitsv1.SourceLinked) error {
				return s.settle(ctx, f, e.GetFacilityId())
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.DischargeRegistered) error {
				return s.settle(ctx, f, f.ID)
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.RegistrationNumberEntered) error {
				return s.settle(ctx, f, f.ID)
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PermitIssued) error {
				return s.settleByPermit(ctx, f)
			}),
			readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *permitsv1.PlatformNumberEntered) error {
				return s.settleByPermit(ctx, f)
			}),
			reopens[*permitsv1.DischargeRegistrationExpired](s, "排污登记到期", "the registration expired"),
			reopens[*permitsv1.DischargeRegistrationCancelled](s, "排污登记注销", "the registration was cancelled"),
			reopens[*permitsv1.PermitExpired](s, "排污许可证到期", "the permit expired"),
			reopens[*permitsv1.PermitRevoked](s, "排污许可证撤销", "the permit was revoked"),
			reopens[*permitsv1.PermitForfeited](s, "排污许可证吊销", "the permit was forfeited"),
			reopens[*permitsv1.PermitCancelled](s, "排污许可证注销", "the permit was cancelled"),
		}},
	}
}

// granted is what the stream of a permit says of its site and grant.
type granted struct {
	site, number string
	issued       bool
}

// permit reads the first facts of a permit, which another department keeps.
func (s *Server) permit(ctx context.Context, stream string) (p granted, err error) {
	for rec, err := range s.Store.Read(ctx, stream, 0) {
		if err != nil {
			return p, fmt.Errorf("read %s: %w", stream, err)
		}
		switch e := rec.Event.(type) {
		case *permitsv1.PermitApplicationOpened:
			p.site = e.GetFacilityId()
		case *permitsv1.PermitIssued:
			p.issued, p.number = true, e.GetPermitNumber()
		case *permitsv1.PlatformNumberEntered:
			p.number = e.GetPermitNumber()
		}
	}
	return p, nil
}

// replace ends the registration of a site whose permit was granted.
func (s *Server) replace(ctx context.Context, f readmodel.Fact, e *permitsv1.PermitIssued) error {
	p, err := s.permit(ctx, f.Stream)
	if err != nil || p.site == "" {
		return err
	}
	_, err = s.forms.Execute(ctx, p.site, s.Reacting(reactionSites, f), form.Replace{PermitID: f.ID, PermitNumber: e.GetPermitNumber()})
	return err
}

// match ties a source to the site that bears its credit code in its county,
// where there is one of each.
func (s *Server) match(ctx context.Context, f readmodel.Fact, uscc, division string) error {
	if uscc == "" {
		return nil
	}
	if err := s.Wait(ctx, uint64(f.Position), roll.Name); err != nil {
		return err
	}
	sites, err := s.roll.Sites(ctx, uscc, division)
	if err != nil || len(sites) != 1 {
		return err
	}
	loose, err := s.roll.Loose(ctx, uscc, division)
	if err != nil || len(loose) != 1 {
		return err
	}
	return s.perform(ctx, f, loose[0], source.Link{Facility: sites[0], Division: division})
}

// perform executes a command of a source because of a fact. A refusal settles
// the matter: a person has tied or settled it meanwhile.
func (s *Server) perform(ctx context.Context, f readmodel.Fact, id string, command es.Command[source.Source]) error {
	meta := s.Reacting(reactionRoll, f)
	meta.CommandID = readmodel.DerivedID(reactionRoll, f.EventID, id)
	_, err := s.sources.Execute(ctx, id, meta, command)
	if reserve.Refused(err) {
		return nil
	}
	return err
}

// settle settles the sources of a site by what the site has now.
func (s *Server) settle(ctx context.Context, f readmodel.Fact, site string) error {
	by, found, err := s.standing(ctx, site)
	if err != nil || !found {
		return err
	}
	return s.each(ctx, f, site, by)
}

// standing is what settles a site's sources: its granted permit, or its
// registration in force.
func (s *Server) standing(ctx context.Context, site string) (source.SettleBy, bool, error) {
	holder, err := s.SiteHolder(ctx, site)
	if err != nil {
		return source.SettleBy{}, false, err
	}
	if category, id, _ := es.SplitStream(holder); category == desk.CategoryPermit {
		p, err := s.permit(ctx, holder)
		if err != nil || p.issued {
			return source.SettleBy{Outcome: source.Permit, Category: category, Record: id, Number: p.number}, err == nil, err
		}
	}
	state, _, err := s.forms.Load(ctx, site)
	if err != nil || state.Status != form.InForce {
		return source.SettleBy{}, false, err
	}
	return source.SettleBy{Outcome: source.Registration, Category: form.Category, Record: site, Number: state.Number}, true, nil
}

func (s *Server) settleByPermit(ctx context.Context, f readmodel.Fact) error {
	p, err := s.permit(ctx, f.Stream)
	if err != nil || p.site == "" || !p.issued {
		return err
	}
	return s.each(ctx, f, p.site, source.SettleBy{Outcome: source.Permit, Category: desk.CategoryPermit, Record: f.ID, Number: p.number})
}

// each executes a command on every source of a site.
func (s *Server) each(ctx context.Context, f readmodel.Fact, site string, command es.Command[source.Source]) error {
	if err := s.Wait(ctx, uint64(f.Position), roll.Name); err != nil {
		return err
	}
	sources, err := s.roll.OfSite(ctx, site)
	if err != nil {
		return err
	}
	for _, id := range sources {
		if err := s.perform(ctx, f, id, command); err != nil {
			return err
		}
	}
	return nil
}

// reopens puts the sources that a record settled back among those to settle,
// unless another record of the site stands in for it.
func reopens[E es.Event](s *Server, zh, en string) readmodel.Trigger {
	return readmodel.When(func(ctx context.Context, f readmodel.Fact, _ E) error {
		site := f.ID // a registration has the id of its site
		if f.Category == desk.CategoryPermit {
			p, err := s.permit(ctx, f.Stream)
			if err != nil {
				return err
			}
			site = p.site
		}
		if by, found, err := s.standing(ctx, site); err != nil || found && by.Record != f.ID {
			if err != nil {
				return err
			}
			return s.each(ctx, f, site, by)
		}
		return s.each(ctx, f, site, source.Reopen{Record: f.ID, Reason: problem.Text{Zh: zh, En: en}})
	})
}

// Jobs are what time alone brings about: firms are told that a term is about
// to end, and terms end.
func Jobs(s *Server) []readmodel.Job {
	return []readmodel.Job{{Name: "registration-terms", Run: s.endTerms}}
}

func (s *Server) endTerms(ctx context.Context, now time.Time) (did int, err error) {
	today := law.DateOf(now)
	for _, step := range []struct {
		before     law.Date
		unreminded bool
		job        string
	}{{today, false, "registration-expired"}, {today.AddDays(form.RemindDays + 1), true, "registration-reminded"}} {
		ids, err := s.list.Ending(ctx, step.before.String(), step.unreminded)
		if err != nil {
			return did, err
		}
		for _, id := range ids {
			state, _, err := s.forms.Load(ctx, id)
			if err != nil {
				return did, err
			}
			meta, occasion := s.TickingOn(now, step.job, id, state.ValidTo.String())
			var command es.Command[form.Form] = form.Expire{Occasion: occasion}
			if step.unreminded {
				command = form.Remind{Occasion: occasion}
			}
			receipt, err := s.forms.Execute(ctx, id, meta, command)
			if err != nil {
				return did, fmt.Errorf("%s %s: %w", step.job, id, err)
			}
			if !receipt.Repeated {
				did++
			}
		}
	}
	return did, nil
}

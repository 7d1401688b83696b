package form_test

import (
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/registration/form"
	"shiyang/services/permits/registration/tier"
)

var (
	firm  = es.Actor{ID: "firm-handler", Role: "firm_handler", Org: "firm-1"}
	clerk = es.Actor{ID: "clerk", Role: "permit_clerk", County: "620602"}
	site  = form.Site{
		ID: "site-1", EnterpriseID: "firm-1", Division: "620602", USCC: "91620602MA7X2C8K89", UnitName: "凉州示例面粉厂", Address: "示例路 1 号",
		Sequence: 2, Example: true,
	}
)

func on(by es.Actor, iso string) act.Occasion {
	d := law.MustParseDate(iso)
	return act.Occasion{By: by, On: d, Today: d, Law: law.Embedded()}
}

func fact(by es.Actor, iso string, event es.Event) es.Fact {
	d := law.MustParseDate(iso)
	return estest.By(by, time.Date(d.Year, d.Month, d.Day, 10, 0, 0, 0, calendar.Shanghai()), event)
}

func answers(column permitsv1.ListColumn) *permitsv1.TierAnswers {
	return &permitsv1.TierAnswers{Industries: []*permitsv1.RowAnswer{{Row: 96, Column: column}}}
}

func content(title string) *permitsv1.RegistrationContent {
	return &permitsv1.RegistrationContent{
		Products: []*permitsv1.RegisteredProduct{{Title: title, Capacity: "3000 吨/年"}},
		Releases: []*permitsv1.RegisteredRelease{{
			Medium: permitsv1.RegistrationMedium_REGISTRATION_MEDIUM_AIR, Process: "磨制", Measure: "布袋除尘", Destination: "大气", Standard: "GB 16297-1996",
		}},
		DeclaredTrue: true,
	}
}

func wire(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func decided(t tier.Tier) *permitsv1.SourceTierDecided {
	return &permitsv1.SourceTierDecided{
		FacilityId: site.ID, EnterpriseId: site.EnterpriseID, Division: site.Division, Uscc: site.USCC, SiteSequence: site.Sequence,
		UnitName: site.UnitName, SiteAddress: site.Address, Example: true, Answers: answers(3), Tier: t, Rule: "permit_classification 2019",
		Reasons: []*commonv1.Text{{Zh: "理由", En: "reason"}},
	}
}

func registered() []es.Fact {
	return []es.Fact{
		fact(firm, "2024-09-02", decided(tier.Registration)),
		fact(firm, "2024-09-02", &permitsv1.DischargeRegistered{
			Number: site.USCC + "002W", Content: content("面粉"), ValidFrom: wire("2024-09-02"), ValidTo: wire("2029-09-01"), ReservationId: "r",
		}),
	}
}

func TestATierIsDecidedFromAnswers(t *testing.T) {
	command := form.DecideTier{Occasion: on(firm, "2026-10-12"), Site: site, Industry: "4430", Answers: answers(3)}
	events, err := command.Decide(form.Form{})
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	e := events[0].(*permitsv1.SourceTierDecided)
	if e.GetTier() != tier.Registration || e.GetFacilityId() != site.ID || len(e.GetReasons()) != 1 {
		t.Errorf("got %v", e)
	}
	state := es.Fold(form.Form{}, fact(firm, "2026-10-12", e))
	if again, err := command.Decide(state); err != nil || len(again) != 0 {
		t.Errorf("the same answers again: %v %v", again, err)
	}
	if doubts := (form.DecideTier{Occasion: on(firm, "2026-10-12"), Site: site, Answers: answers(1)}).Advise(es.Fold(form.Form{}, registered()...)); len(doubts) != 1 || doubts[0].Reason != "PERMIT_NEEDED_NOW" {
		t.Errorf("a rising tier: %v", doubts)
	}
}

func TestScenarios(t *testing.T) {
	file := form.File{Occasion: on(firm, "2026-10-12"), Content: content("面粉"), Site: site, Mark: 'W', Reservation: "r"}
	with := func(change func(*form.File)) form.File { c := file; change(&c); return c }
	classified := []es.Fact{fact(firm, "2026-10-12", decided(tier.Registration))}
	change := form.Change{Occasion: on(firm, "2026-10-12"), Content: content("面粉和饲料"), Reason: "增加产品", Changed: law.MustParseDate("2026-09-28")}
	changed := func(at string, c form.Change) form.Change { c.Changed = law.MustParseDate(at); return c }
	registeredAs := func(number string) *permitsv1.DischargeRegistered {
		return &permitsv1.DischargeRegistered{Number: number, Content: file.Content, ValidFrom: wire("2026-10-12"), ValidTo: wire("2031-10-11"), ReservationId: "r", EnterpriseId: "firm-1"}
	}
	renewed := &permitsv1.DischargeRegistrationRenewed{ValidFrom: wire("2029-09-02"), ValidTo: wire("2034-09-01"), Content: content("面粉")}
	estest.Run(t, []estest.Scenario[form.Form]{
		{Name: "registered at once for five years", Given: classified, When: file, Then: []es.Event{registeredAs(site.USCC + "002W")}},
		{Name: "the national number is awaited", Given: classified, When: with(func(c *form.File) { c.Mark = 0 }), Then: []es.Event{registeredAs("")}},
		{Name: "no tier, no registration", When: file, Err: form.ErrWrongStage},
		{Name: "a source that needs a permit", Given: []es.Fact{fact(firm, "2026-10-12", decided(tier.Simplified))}, When: file, Err: form.ErrTier},
		{Name: "a source that needs nothing", Given: []es.Fact{fact(firm, "2026-10-12", decided(tier.NotRequired))}, When: file, Err: form.ErrTier},
		{Name: "registered before", Given: registered(), When: file, Err: form.ErrWrongStage},
		{Name: "a site that nobody claimed", Given: classified, When: with(func(c *form.File) { c.Site.EnterpriseID = "" }), Err: form.ErrNoEnterprise},
		{Name: "a site without credit code", Given: classified, When: with(func(c *form.File) { c.Site.USCC = "" }), Err: form.ErrNoUSCC},
		{Name: "truth is declared", Given: classified, When: with(func(c *form.File) { c.Content = &permitsv1.RegistrationContent{} }), Err: problem.ErrInvalid},
		{Name: "a receipt of an earlier day", Given: classified, When: with(func(c *form.File) { c.Today, c.Site.Example = c.Today.AddDays(3), false }), Err: problem.ErrInvalid},
		{Name: "a day before the tier was decided", Given: classified, When: with(func(c *form.File) { c.Occasion = on(firm, "2026-10-11") }), Err: problem.ErrInvalid},

		{Name: "a change within twenty days", Given: registered(), When: change, Then: []es.Event{&permitsv1.DischargeRegistrationChanged{
			Content: change.Content, Reason: change.Reason, Changed: wire("2026-09-28"), Due: wire("2026-10-19"),
		}}},
		{Name: "a change after twenty days is late", Given: registered(), When: changed("2026-09-01", change), Then: []es.Event{&permitsv1.DischargeRegistrationChanged{
			Content: change.Content, Reason: change.Reason, Changed: wire("2026-09-01"), Due: wire("2026-09-21"), Late: true,
		}}},
		{Name: "a change that has not happened", Given: registered(), When: changed("2026-10-13", change), Err: problem.ErrInvalid},
		{Name: "a change before the term", Given: registered(), When: changed("2024-09-01", change), Err: problem.ErrInvalid},
		{Name: "nothing changed", Given: registered(), When: form.Change{Occasion: on(firm, "2026-10-12"), Content: content("面粉"), Changed: law.MustParseDate("2026-10-01")}, Err: problem.ErrInvalid},

		{Name: "renewed in the last sixty days", Given: registered(), When: form.Renew{Occasion: on(firm, "2029-07-03"), Content: content("面粉")}, Then: []es.Event{renewed}},
		{Name: "renewed on the last day", Given: registered(), When: form.Renew{Occasion: on(firm, "2029-09-01"), Content: content("面粉")}, Then: []es.Event{renewed}},
		{Name: "too early to renew", Given: registered(), When: form.Renew{Occasion: on(firm, "2029-07-02"), Content: content("面粉")}, Err: form.ErrWrongStage},
		{Name: "too late to renew", Given: registered(), When: form.Renew{Occasion: on(firm, "2029-09-02"), Content: content("面粉")}, Err: form.ErrWrongStage},
		{Name: "reminded", Given: registered(), When: form.Remind{Occasion: on(firm, "2029-07-03")}, Then: []es.Event{&permitsv1.DischargeRegistrationReminded{ValidTo: wire("2029-09-01")}}},
		{Name: "not reminded before", Given: registered(), When: form.Remind{Occasion: on(firm, "2029-07-02")}},
		{Name: "expires after its last day", Given: registered(), When: form.Expire{Occasion: on(firm, "2029-09-02")}, Then: []es.Event{&permitsv1.DischargeRegistrationExpired{LastDay: wire("2029-09-01")}}},
		{Name: "not on its last day", Given: registered(), When: form.Expire{Occasion: on(firm, "2029-09-01")}},

		{Name: "a clerk decides otherwise", Given: registered(), When: form.OverrideTier{Occasion: on(clerk, "2026-10-12"), Tier: tier.Simplified, Reason: "锅炉出力与申报不符"}, Then: []es.Event{
			&permitsv1.SourceTierOverridden{Tier: tier.Simplified, Listed: tier.Registration, Reason: "锅炉出力与申报不符"},
		}},
		{Name: "the same tier is no other", Given: registered(), When: form.OverrideTier{Occasion: on(clerk, "2026-10-12"), Tier: tier.Registration}, Err: problem.ErrInvalid},
		{Name: "nothing to decide otherwise", When: form.OverrideTier{Occasion: on(clerk, "2026-10-12"), Tier: tier.Key}, Err: form.ErrWrongStage},

		{Name: "a national number is entered", Given: registered(), When: form.EnterNumber{Occasion: on(clerk, "2026-10-12"), Number: site.USCC + "001X"}, Then: []es.Event{
			&permitsv1.RegistrationNumberEntered{Number: site.USCC + "001X", Source: "manual"},
		}},
		{Name: "the number of another unit", Given: registered(), When: form.EnterNumber{Occasion: on(clerk, "2026-10-12"), Number: "91620623MA73H91T32001X"}, Err: problem.ErrInvalid},
		{Name: "cancelled", Given: registered(), When: form.Cancel{Occasion: on(firm, "2026-10-12"), Ground: 1, Reason: "停产"}, Then: []es.Event{
			&permitsv1.DischargeRegistrationCancelled{Ground: 1, Reason: "停产"},
		}},
		{Name: "nothing to cancel", Given: classified, When: form.Cancel{Occasion: on(firm, "2026-10-12")}, Err: form.ErrWrongStage},
		{Name: "a permit takes its place", Given: registered(), When: form.Replace{PermitID: "p", PermitNumber: "n"}, Then: []es.Event{
			&permitsv1.DischargeRegistrationReplaced{PermitId: "p", PermitNumber: "n"},
		}},
		{Name: "nothing to replace", Given: classified, When: form.Replace{PermitID: "p"}},
	})
}

// Back from a permit to a registration: the same record begins again.
func TestRegisteredAgainAfterAPermit(t *testing.T) {
	given := append(registered(), fact(firm, "2025-01-10", &permitsv1.DischargeRegistrationReplaced{PermitId: "p"}))
	state := es.Fold(form.Form{}, given...)
	if state.Status != form.Replaced {
		t.Fatalf("state %v", state.Status)
	}
	events, err := form.File{Occasion: on(firm, "2026-10-12"), Content: content("面粉"), Site: site, Mark: 'W'}.Decide(state)
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	if state = state.Evolve(fact(firm, "2026-10-12", events[0])); state.Status != form.InForce || state.PermitID != "" {
		t.Errorf("got %+v", state)
	}
}

// The list of legal acts and the refusals cannot differ.
func TestActsAgreeWithDecide(t *testing.T) {
	states := map[string]form.Form{
		"unknown": {}, "classified": es.Fold(form.Form{}, registered()[:1]...), "in force": es.Fold(form.Form{}, registered()...),
		"expired": es.Fold(form.Form{}, append(registered(), fact(firm, "2029-09-02", &permitsv1.DischargeRegistrationExpired{}))...),
	}
	o := on(firm, "2026-10-12")
	commands := map[string]es.Command[form.Form]{
		"file":   form.File{Occasion: o, Content: content("面粉"), Site: site},
		"change": form.Change{Occasion: o, Content: content("饲料"), Changed: law.MustParseDate("2026-10-01")},
		"renew":  form.Renew{Occasion: o, Content: content("面粉")}, "cancel": form.Cancel{Occasion: o},
		"enter-number": form.EnterNumber{Occasion: o, Number: site.USCC + "001X"}, "decide-tier": form.DecideTier{Occasion: o, Site: site, Answers: answers(3)},
		"override-tier": form.OverrideTier{Occasion: o, Tier: tier.Key},
	}
	for name, state := range states {
		for _, a := range form.Acts {
			_, err := commands[a.Name].Decide(state)
			if allowed := a.Allowed(state, o); (allowed == nil) != (err == nil) {
				t.Errorf("%s in %s: allowed %v, decided %v", a.Name, name, allowed, err)
			}
		}
	}
}

package permit_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

func proposedBy(who es.Actor, measure, ground, basis string) es.Fact {
	return by(who, "2026-04-01", &permitsv1.PermitMeasureProposed{Measure: measure, Ground: ground, Reason: "示例", BasisDocument: basis})
}

func TestPropose(t *testing.T) {
	propose := func(measure, ground, basis string) permit.Propose {
		return permit.Propose{Occasion: on(examiner, "2026-04-01"), Measure: measure, Ground: ground, Reason: "示例", Basis: basis}
	}
	ofHolder := func(p permit.Propose) permit.Propose { p.By, p.ByHolder = firm, true; return p }
	expired := after(by(ticker, "2026-03-16", &permitsv1.PermitExpired{LastDay: wire("2026-03-15"), Cause: "term"}))
	withheld := after(by(decider, "2026-03-16", &permitsv1.PermitWithheld{From: wire("2026-03-16")}))
	late := append(renewing("2026-02-10", "2026-02-11"), by(ticker, "2026-03-16", &permitsv1.PermitExpired{LastDay: wire("2026-03-15"), RenewalPending: true}))
	is := func(measure, ground, basis string) []es.Event {
		return []es.Event{&permitsv1.PermitMeasureProposed{Measure: measure, Ground: ground, Reason: "示例", BasisDocument: basis}}
	}
	estest.Run(t, []scenario{
		{Name: "withholding rests on a penalty decision", Given: old, When: propose("withhold", "penalty", "武环罚〔2026〕1号"), Then: is("withhold", "penalty", "武环罚〔2026〕1号")},
		{Name: "without its number nothing is withheld", Given: old, When: propose("withhold", "penalty", ""), Err: problem.ErrInvalid},
		{Name: "fraud is no ground of withholding", Given: old, When: propose("withhold", "fraud", "1"), Err: problem.ErrInvalid},
		{Name: "what is not withheld is not given back", Given: old, When: propose("give_back", "penalty", "1"), Err: permit.ErrMeasureNotOpen},
		{Name: "what is withheld is given back", Given: withheld, When: propose("give_back", "penalty", "1"), Then: is("give_back", "penalty", "1")},
		{Name: "a valid permit is not cancelled as expired", Given: old, When: propose("cancel", "expired", ""), Err: problem.ErrInvalid},
		{Name: "an expired one is", Given: expired, When: propose("cancel", "expired", ""), Then: is("cancel", "expired", "")},
		{Name: "but not while its renewal is open", Given: late, When: propose("cancel", "expired", ""), Err: permit.ErrMeasureNotOpen},
		{Name: "the holder ends its unit", Given: old, When: ofHolder(propose("cancel", "terminated", "")), Then: is("cancel", "terminated", "")},
		{Name: "the holder lost the paper", Given: old, When: ofHolder(propose("reissue", "lost", "")), Then: is("reissue", "lost", "")},
		{Name: "the holder does not revoke", Given: old, When: ofHolder(propose("revoke", "fraud", "")), Err: problem.ErrInvalid},
		{Name: "an application has nothing to revoke", Given: filed, When: permit.Propose{Occasion: on(examiner, "2026-09-09"), Measure: "revoke"}, Err: permit.ErrMeasureNotOpen},
		{Name: "one proposal at a time", Given: append(slices.Clone(old), proposedBy(examiner, "revoke", "abuse", "")), When: propose("revoke", "fraud", ""), Err: permit.ErrMeasureProposed},
	})
}

func TestDecideMeasure(t *testing.T) {
	decide := func(change func(*permit.DecideMeasure)) permit.DecideMeasure {
		c := permit.DecideMeasure{Occasion: on(decider, "2026-04-02"), Approve: true, Number: "1", URL: "https://example.org/1"}
		if change != nil {
			change(&c)
		}
		return c
	}
	given := func(measure, ground string) []es.Fact {
		return after(proposedBy(examiner, measure, ground, "武环罚〔2026〕1号"))
	}
	ended := after(by(ticker, "2026-03-16", &permitsv1.PermitExpired{LastDay: wire("2026-03-15")}), proposedBy(examiner, "cancel", "expired", ""))
	on02 := wire("2026-04-02")
	estest.Run(t, []scenario{
		{Name: "withheld", Given: given("withhold", "penalty"), When: decide(nil), Then: []es.Event{&permitsv1.PermitWithheld{From: on02, BasisDocument: "武环罚〔2026〕1号", Reason: "示例"}}},
		{Name: "forfeited", Given: given("forfeit", "penalty"), When: decide(nil), Then: []es.Event{&permitsv1.PermitForfeited{From: on02, BasisDocument: "武环罚〔2026〕1号", Reason: "示例"}}},
		{Name: "revoked for abuse: no ban", Given: given("revoke", "abuse"), When: decide(nil), Then: []es.Event{&permitsv1.PermitRevoked{From: on02, Ground: "abuse", Reason: "示例", DocumentNumber: "1"}}},
		{Name: "revoked for fraud: three years without application", Given: given("revoke", "fraud"), When: decide(nil), Then: []es.Event{
			&permitsv1.PermitRevoked{From: on02, Ground: "fraud", Reason: "示例", DocumentNumber: "1", BarredUntil: wire("2029-04-02")},
		}},
		{Name: "a revocation carries a number", Given: given("revoke", "abuse"), When: decide(func(c *permit.DecideMeasure) { c.Number = "" }), Err: permit.ErrNumberNeeded},
		{Name: "cancelled and announced", Given: ended, When: decide(nil), Then: []es.Event{&permitsv1.PermitCancelled{On: on02, Ground: "expired", DocumentNumber: "1", AnnouncementUrl: "https://example.org/1"}}},
		{Name: "a cancellation is announced", Given: ended, When: decide(func(c *permit.DecideMeasure) { c.URL = "" }), Err: problem.ErrInvalid},
		{Name: "a new paper", Given: given("reissue", "lost"), When: decide(nil), Then: []es.Event{&permitsv1.PermitPaperReissued{Paper: 2, On: on02, Reason: "遗失"}}},
		{Name: "turned down with a reason", Given: given("revoke", "abuse"), When: decide(func(c *permit.DecideMeasure) { c.Approve, c.Reason = false, "证据不足" }), Then: []es.Event{&permitsv1.PermitMeasureRejected{Measure: "revoke", Reason: "证据不足"}}},
		{Name: "not without one", Given: given("revoke", "abuse"), When: decide(func(c *permit.DecideMeasure) { c.Approve = false }), Err: problem.ErrInvalid},
		{Name: "who proposed does not decide", Given: given("revoke", "abuse"), When: decide(func(c *permit.DecideMeasure) { c.By = examiner }), Err: permit.ErrSamePerson},
		{Name: "nothing proposed, nothing decided", Given: old, When: decide(nil), Err: permit.ErrNothingProposed},
	})
}

// Whatever is done in whatever order, a permit only moves along the table of
// standings, and versions are numbered without gaps and never overlap.
func TestStandingOnlyMovesAlongTheTable(t *testing.T) {
	allowed := map[permit.Status][]permit.Status{
		permit.Issued:        {permit.DeemedRenewed, permit.Expired, permit.Withheld, permit.Forfeited, permit.Revoked, permit.Cancelled},
		permit.DeemedRenewed: {permit.Issued, permit.Expired, permit.Withheld, permit.Forfeited, permit.Revoked, permit.Cancelled},
		permit.Withheld:      {permit.Issued, permit.DeemedRenewed, permit.Expired, permit.Forfeited, permit.Revoked, permit.Cancelled},
		permit.Expired:       {permit.Issued, permit.Cancelled},
		permit.Forfeited:     {permit.Cancelled},
		permit.Revoked:       {permit.Cancelled},
	}
	rapid.Check(t, func(t *rapid.T) {
		facts := slices.Clone(old)
		state := es.Fold(permit.Permit{}, facts...)
		today := date("2026-06-01")
		kinds := []permit.Kind{permit.Renewal, permit.BaseChange, permit.Reapplication, permit.Adjustment, permit.ByAuthority}
		measures := [][2]string{{"withhold", "penalty"}, {"give_back", "penalty"}, {"forfeit", "penalty"}, {"revoke", "fraud"}, {"cancel", "expired"}, {"cancel", "terminated"}, {"cancel", "revoked"}, {"reissue", "lost"}}
		for range rapid.IntRange(5, 60).Draw(t, "steps") {
			today = today.AddDays(rapid.SampledFrom([]int{0, 0, 0, 1, 5, 40}).Draw(t, "days"))
			o := func(who es.Actor) permit.Occasion { return on(who, today.String()) }
			commands := map[string]es.Command[permit.Permit]{
				"accept": permit.Accept{Occasion: o(clerk), Number: "1"}, "deem": permit.DeemAccepted{Occasion: o(ticker)},
				"examine": permit.Examine{Occasion: o(examiner), RecommendGrant: true, Opinion: "符合"},
				"issue":   permit.Issue{Occasion: o(decider), Number: "1"}, "refuse": permit.Refuse{Occasion: o(decider), Number: "1"},
				"withdraw": permit.Withdraw{Occasion: o(firm), Reason: "示例"}, "expire": permit.Expire{Occasion: o(ticker)},
				"remind": permit.Remind{Occasion: o(ticker)}, "decide": permit.DecideMeasure{Occasion: o(decider), Approve: true, Number: "1", URL: "https://example.org/"},
			}
			m := rapid.SampledFrom(measures).Draw(t, "measure")
			commands["propose"] = permit.Propose{Occasion: o(examiner), Measure: m[0], Ground: m[1], Reason: "示例", Basis: "1"}
			kind := rapid.SampledFrom(kinds).Draw(t, "kind")
			commands["open"] = permit.OpenProcedure{
				Occasion: o(firm), Kind: kind, ChangedOn: today, Causes: []permitsv1.ReapplicationCause{1}, Reason: "示例", Requirement: "示例",
				Effective: today.AddDays(30), Content: conditioned(), ByBureau: kind == permit.ByAuthority,
			}
			file := permit.Submit{Occasion: o(firm), Content: light()}
			if state.Kind == permit.BaseChange {
				file.Base = &permitsv1.BaseData{UnitName: "武威示例第" + today.String()}
			}
			commands["file"] = file
			names := slices.Sorted(func(yield func(string) bool) {
				for n := range commands {
					if !yield(n) {
						return
					}
				}
			})
			events, err := commands[rapid.SampledFrom(names).Draw(t, "command")].Decide(state)
			if err != nil {
				if _, ok := errors.AsType[*problem.Error](err); !ok {
					t.Fatalf("no problem for people: %v", err)
				}
				continue
			}
			for _, e := range events {
				next := state.Evolve(by(decider, today.String(), e))
				if next.Standing != state.Standing && !slices.Contains(allowed[state.Standing], next.Standing) {
					t.Fatalf("%v → %v by %T", state.Standing, next.Standing, e)
				}
				state = next
			}
			for i, v := range state.Versions {
				if v.Number != int32(i+1) || v.ValidTo.Before(v.ValidFrom) || i > 0 && v.From.Before(state.Versions[i-1].From) {
					t.Fatalf("versions %+v", state.Versions)
				}
			}
		}
	})
}

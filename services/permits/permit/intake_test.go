package permit_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

type scenario = estest.Scenario[permit.Permit]

func TestOpen(t *testing.T) {
	command := permit.Open{
		Occasion: on(firm, "2026-09-01"), FacilityID: "facility-1", EnterpriseID: "firm-1", Division: "620602", USCC: uscc, SiteSequence: 1,
		UnitName: "武威示例热力有限公司", SiteAddress: "凉州区示例路1号", Class: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
		Example: true, ReservationID: "reservation-1",
	}
	unknown, unclaimed := command, command
	unknown.USCC = ""
	unclaimed.EnterpriseID = ""
	estest.Run(t, []scenario{
		{Name: "an enterprise opens an application for its site", When: command, Then: []es.Event{openedKey.Event}},
		{Name: "a site without a credit code cannot apply", When: unknown, Err: permit.ErrNoUSCC},
		{Name: "a site that no firm has claimed cannot apply", When: unclaimed, Err: permit.ErrNoEnterprise},
		{Name: "an application is opened once", Given: past(openedKey), When: command, Err: permit.ErrWrongStage},
	})
}

func TestPublishNotice(t *testing.T) {
	command := permit.PublishNotice{Occasion: on(firm, "2026-09-01"), From: date("2026-09-01"), URL: "https://example.org/notice"}
	early := command
	early.From = date("2026-09-02")
	other := command
	other.URL = "https://example.org/second"
	estest.Run(t, []scenario{
		{Name: "the applicant makes the application public", Given: past(openedKey), When: command, Then: []es.Event{noticed.Event}},
		{Name: "the same notice again changes nothing", Given: past(openedKey, noticed), When: command},
		{Name: "a new notice replaces the old one", Given: past(openedKey, noticed), When: other, Then: []es.Event{
			&permitsv1.PublicNoticePublished{From: wire("2026-09-01"), Url: other.URL},
		}},
		{Name: "a notice is recorded once it is public", Given: past(openedKey), When: early, Err: problem.ErrInvalid},
		{Name: "no notice after filing", Given: filed, When: permit.PublishNotice{Occasion: on(firm, "2026-09-08"), From: date("2026-09-01")}, Err: permit.ErrWrongStage},
		{Name: "no notice of what does not exist", When: command, Err: problem.ErrNotFound},
	})
}

func TestSubmit(t *testing.T) {
	on8 := permit.Submit{Occasion: on(firm, "2026-09-08"), Content: content()}
	on7 := permit.Submit{Occasion: on(firm, "2026-09-07"), Content: content()}
	yesterday := permit.Submit{Occasion: permit.Occasion{By: firm, On: date("2026-09-08"), Today: date("2026-09-09"), Law: on8.Law}, Content: content()}
	onPaper := yesterday
	realSite := opened(permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY)
	realSite.Example = false
	genuine := by(firm, "2026-09-01", realSite)
	onPaper.OnPaper = true
	estest.Run(t, []scenario{
		{Name: "key management may file five working days after its notice began", Given: past(openedKey, noticed), When: on8, Then: []es.Event{submitted.Event}},
		{Name: "four working days of notice are too few", Given: past(openedKey, noticed), When: on7, Err: problem.ErrInvalid},
		{Name: "key management cannot file without notice", Given: past(openedKey), When: on8, Err: problem.ErrInvalid},
		{
			Name: "simplified management files without notice", Given: past(openedLight),
			When: permit.Submit{Occasion: on(firm, "2026-09-08"), Content: light()},
			Then: []es.Event{&permitsv1.PermitApplicationSubmitted{Content: light(), Received: wire("2026-09-08")}},
		},
		{Name: "what was missing is handed in after the notice", Given: past(openedKey, noticed, submitted, deficient), When: permit.Submit{Occasion: on(firm, "2026-09-14"), Content: content()}, Then: []es.Event{resubmitted.Event}},
		{Name: "an applicant cannot file for a past day", Given: past(genuine, noticed), When: yesterday, Err: problem.ErrInvalid},
		{Name: "an example may tell a past", Given: past(openedKey, noticed), When: yesterday, Then: []es.Event{submitted.Event}},
		{Name: "the bureau may enter what it received on paper", Given: past(genuine, noticed), When: onPaper, Then: []es.Event{submitted.Event}},
		{Name: "a filing cannot precede the opening", Given: past(openedLight), When: permit.Submit{Occasion: on(firm, "2026-08-31"), Content: light()}, Err: problem.ErrInvalid},
		{Name: "an accepted application is not filed again", Given: inExam, When: permit.Submit{Occasion: on(firm, "2026-09-17"), Content: content()}, Err: permit.ErrWrongStage},
		{
			Name: "no filing under rules that are not loaded", Given: past(by(firm, "2019-01-02", opened(permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED))),
			When: permit.Submit{Occasion: on(firm, "2019-03-04"), Content: light()}, Err: &problem.Error{Reason: "NO_RULE_IN_FORCE"},
		},
	})
}

func TestSubmitListsEveryWrongFieldAtOnce(t *testing.T) {
	bad := with(content(), func(c *permitsv1.ApplicationContent) {
		c.EiaNumber, c.DeclaredTrue, c.ClassificationRow = " ", false, 999
		c.Limits[0].Outlet = "DA009"
		c.Monitoring[0].Pollutant = "a99999"
	})
	_, err := permit.Submit{Occasion: on(firm, "2026-09-07"), Content: bad}.Decide(es.Fold(permit.Permit{}, openedKey, noticed))
	want := map[string]string{
		"content.eiaNumber": "EIA_NUMBER_MISSING", "content.declaredTrue": "DECLARATION_MISSING",
		"content.classificationRow": "CLASSIFICATION_ROW_UNKNOWN", "content.limits[0].outlet": "OUTLET_UNKNOWN",
		"content.monitoring[0].pollutant": "POLLUTANT_UNKNOWN", "occurredAt": "NOTICE_TOO_SHORT",
	}
	wantFields(t, err, want)
}

func TestCorrectOnSpot(t *testing.T) {
	items := []*permitsv1.MissingItem{{Path: "limits[0].standard", What: "标准号笔误"}}
	command := permit.CorrectOnSpot{Occasion: on(clerk, "2026-09-09"), Items: items, Content: content()}
	broken, lighter := command, command
	broken.Content = with(content(), func(c *permitsv1.ApplicationContent) { c.Limits[0].Standard = "" })
	lighter.Content = light()
	estest.Run(t, []scenario{
		{Name: "errors are corrected at the counter", Given: filed, When: command, Then: []es.Event{
			&permitsv1.PermitApplicationCorrectedOnSpot{Items: items, Content: content()},
		}},
		{Name: "the corrected content has to be in order", Given: filed, When: broken, Err: problem.ErrInvalid},
		{Name: "the class is not a slip of the pen", Given: filed, When: lighter, Err: problem.ErrInvalid},
		{Name: "nothing to correct before filing", Given: past(openedKey), When: command, Err: permit.ErrWrongStage},
	})
}

func TestNoticeDeficiency(t *testing.T) {
	items := []*permitsv1.MissingItem{{Path: "eiaNumber", What: "环评批复"}}
	command := permit.NoticeDeficiency{Occasion: on(clerk, "2026-09-10"), Items: items, Number: "武环(凉)许补〔2026〕1号"}
	unnumbered, late := command, command
	unnumbered.Number = ""
	late.Occasion = on(clerk, "2026-09-14")
	estest.Run(t, []scenario{
		{Name: "the clerk tells once what is missing", Given: filed, When: command, Then: []es.Event{deficient.Event}},
		{Name: "a number is drawn only when all is in order", Given: filed, When: unnumbered, Err: permit.ErrNumberNeeded},
		{Name: "a second notice is refused", Given: past(openedKey, noticed, submitted, deficient, resubmitted), When: permit.NoticeDeficiency{
			Occasion: on(clerk, "2026-09-15"), Items: items, Number: "2",
		}, Err: permit.ErrToldBefore},
		{Name: "after three working days the time to speak is over", Given: filed, When: late, Err: permit.ErrTimeUp},
		{Name: "a notice cannot precede the receipt", Given: filed, When: permit.NoticeDeficiency{Occasion: on(clerk, "2026-09-07"), Items: items}, Err: problem.ErrInvalid},
	})
}

func TestAccept(t *testing.T) {
	command := permit.Accept{Occasion: on(clerk, "2026-09-16"), Number: "武环(凉)许受〔2026〕1号"}
	unnumbered := permit.Accept{Occasion: on(clerk, "2026-09-16")}
	estest.Run(t, []scenario{
		{Name: "the clerk accepts in writing", Given: inExam[:5], When: command, Then: []es.Event{accepted.Event}},
		{Name: "a number is drawn only when all is in order", Given: inExam[:5], When: unnumbered, Err: permit.ErrNumberNeeded},
		{Name: "a wrong stage draws no number", Given: past(openedKey), When: unnumbered, Err: permit.ErrWrongStage},
		{Name: "on the last day the clerk is in time", Given: inExam[:5], When: permit.Accept{Occasion: on(clerk, "2026-09-17"), Number: "1"}, Then: []es.Event{
			&permitsv1.PermitApplicationAccepted{DocumentNumber: "1", Accepted: wire("2026-09-17")},
		}},
		{Name: "after the last day silence has already accepted", Given: inExam[:5], When: permit.Accept{Occasion: on(clerk, "2026-09-18"), Number: "1"}, Err: permit.ErrTimeUp},
		{Name: "acceptance cannot precede the receipt", Given: inExam[:5], When: permit.Accept{Occasion: on(clerk, "2026-09-11")}, Err: problem.ErrInvalid},
		{Name: "an application is accepted once", Given: inExam, When: command, Err: permit.ErrWrongStage},
	})
}

func TestDecline(t *testing.T) {
	estest.Run(t, []scenario{
		{
			Name: "no permit is required", Given: filed,
			When: permit.Decline{Occasion: on(clerk, "2026-09-09"), Ground: permitsv1.DeclineGround_DECLINE_GROUND_NOT_REQUIRED, Reason: "属登记管理", Number: "1"},
			Then: []es.Event{&permitsv1.PermitFoundNotRequired{Reason: "属登记管理", DocumentNumber: "1"}},
		},
		{
			Name: "another authority decides", Given: filed,
			When: permit.Decline{Occasion: on(clerk, "2026-09-09"), Ground: permitsv1.DeclineGround_DECLINE_GROUND_WRONG_AUTHORITY, Reason: "金昌市生态环境局", Number: "1"},
			Then: []es.Event{&permitsv1.PermitFoundOutsideAuthority{CompetentAuthority: "金昌市生态环境局", DocumentNumber: "1"}},
		},
		{Name: "a number is drawn only when all is in order", Given: filed, When: permit.Decline{Occasion: on(clerk, "2026-09-09")}, Err: permit.ErrNumberNeeded},
		{Name: "an accepted application is decided, not declined", Given: inExam, When: permit.Decline{Occasion: on(clerk, "2026-09-17")}, Err: permit.ErrWrongStage},
	})
}

func TestDeemAccepted(t *testing.T) {
	// Filed on Thursday 2026-09-24: the 25th to 27th are the Mid-Autumn
	// holiday, so the three working days end on the 30th.
	beforeFestival := past(openedLight, by(firm, "2026-09-24", &permitsv1.PermitApplicationSubmitted{Content: light(), Received: wire("2026-09-24")}))
	estest.Run(t, []scenario{
		{Name: "silence of three working days accepts as of the day of receipt", Given: beforeFestival, When: permit.DeemAccepted{on(ticker, "2026-10-01")}, Then: []es.Event{
			&permitsv1.PermitApplicationDeemedAccepted{Accepted: wire("2026-09-24"), LastDay: wire("2026-09-30"), Rule: permit.RuleCompleteness},
		}},
		{Name: "a holiday does not count against the agency", Given: beforeFestival, When: permit.DeemAccepted{on(ticker, "2026-09-30")}, Err: permit.ErrTimeLeft},
		{Name: "a clerk who spoke in time is not overruled", Given: inExam, When: permit.DeemAccepted{on(ticker, "2026-10-01")}, Err: permit.ErrWrongStage},
		{Name: "silence after a resubmission accepts as of the resubmission", Given: inExam[:5], When: permit.DeemAccepted{on(ticker, "2026-09-18")}, Then: []es.Event{
			&permitsv1.PermitApplicationDeemedAccepted{Accepted: wire("2026-09-14"), LastDay: wire("2026-09-17"), Rule: permit.RuleCompleteness},
		}},
	})
}

func TestWithdraw(t *testing.T) {
	command := permit.Withdraw{Occasion: on(firm, "2026-10-13"), Reason: "项目调整"}
	estest.Run(t, []scenario{
		{Name: "a draft can be given up", Given: past(openedKey), When: command, Then: []es.Event{withdrawn.Event}},
		{Name: "an application can be taken back until the decision", Given: toDecide, When: command, Then: []es.Event{withdrawn.Event}},
		{Name: "a decided application cannot be taken back", Given: inForce, When: permit.Withdraw{Occasion: on(firm, "2026-10-21")}, Err: permit.ErrWrongStage},
	})
}

// wantFields compares path and reason of every wrong field, and that each
// speaks both languages.
func wantFields(t *testing.T, err error, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, f := range fieldsOf(err) {
		got[f.Path] = f.Reason
		if f.Text.Zh == "" || f.Text.En == "" {
			t.Errorf("%s says nothing in one of the languages", f.Path)
		}
	}
	for path, reason := range want {
		if got[path] != reason {
			t.Errorf("%s: got %q, want %q", path, got[path], reason)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

package approval_test

import (
	"errors"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/eia/approval"
)

// reasonOf are the reasons of a refusal: of the problem, then of its fields.
func reasonOf(err error) (reasons []string) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return nil
	}
	reasons = append(reasons, p.Reason)
	for _, f := range p.Errors {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

func TestClassify(t *testing.T) {
	lists := law.Embedded().On(date("2026-11-23"))
	for _, c := range []struct {
		why     string
		row     int
		answers *permitsv1.EiaAnswers
		want    permitsv1.EiaDocument
	}{
		{"all projects of the class", 61, &permitsv1.EiaAnswers{}, approval.Report},
		{"the row's words are met", 15, &permitsv1.EiaAnswers{MeetsForm: true}, approval.Form},
		{"the row's words are not met, no column left", 15, &permitsv1.EiaAnswers{}, 0},
		{"an answer to a column that the row has not", 15, &permitsv1.EiaAnswers{MeetsReport: true}, 0},
		{"the rest needs a form", 11, &permitsv1.EiaAnswers{}, approval.Form},
		{"a sensitive area that the row means lifts it", 11, &permitsv1.EiaAnswers{SensitiveArea: true}, approval.Report},
		{"the rest needs a registration form", 1, &permitsv1.EiaAnswers{}, approval.Registration},
		{"all need a registration form", 100, &permitsv1.EiaAnswers{SensitiveArea: true}, approval.Registration},
		{"a report comes before a form", 17, &permitsv1.EiaAnswers{MeetsReport: true, MeetsForm: true}, approval.Report},
	} {
		row, ok := lists.EIARow(c.row)
		if !ok {
			t.Fatal(c.row)
		}
		got := approval.Classify(row, c.answers)
		if got.Document != c.want || len(got.Why) < 2 {
			t.Errorf("%s: row %d gives %v because %v, want %v", c.why, c.row, got.Document, got.Why, c.want)
		}
	}
}

func TestNamesFollowTheLawOfTheDay(t *testing.T) {
	if before := approval.DocumentName(approval.Report, date("2026-08-14")).Zh; before != "环境影响报告书" {
		t.Error(before)
	}
	if since := approval.DocumentName(approval.Report, date("2026-08-15")).Zh; since != "生态环境影响报告书" {
		t.Error(since)
	}
	for _, c := range [][2]string{{"2026-08-14", "eia-law-2018"}, {"2026-08-15", "code-2026"}} {
		for _, a := range approval.Acts(date(c[0])) {
			if a.Name == "approve" && a.Basis.Law != c[1] {
				t.Errorf("on %s an approval rests on %s", c[0], a.Basis.Law)
			}
		}
	}
}

func TestProjectsThatCannotBeFiled(t *testing.T) {
	for want, change := range map[string]func(*permitsv1.EiaProject){
		"ROW_UNKNOWN":             func(p *permitsv1.EiaProject) { p.ClassificationRow = 999 },
		"DOCUMENT_NOT_BY_RULE":    func(p *permitsv1.EiaProject) { p.Answers = &permitsv1.EiaAnswers{} },
		"MORE_THAN_TOTAL":         func(p *permitsv1.EiaProject) { p.EnvironmentalInvestmentFen = p.InvestmentFen + 1 },
		"EXISTING_REMEDY_MISSING": func(p *permitsv1.EiaProject) { p.Nature = permitsv1.ProjectNature_PROJECT_NATURE_EXPAND },
		"NOT_DECLARED":            func(p *permitsv1.EiaProject) { p.DeclaredTrue = false },
		"DOCUMENT_MISSING":        func(p *permitsv1.EiaProject) { p.Attachments = nil },
		"REQUIRED":                func(p *permitsv1.EiaProject) { p.Compiler = nil },
		"USCC_CHECK_DIGIT":        func(p *permitsv1.EiaProject) { p.ConsultancyUscc = "91620602MA7X2C8K8A" },
		"REGISTRATION_IS_FILED": func(p *permitsv1.EiaProject) {
			p.Document, p.ClassificationRow, p.OperationFrom = approval.Registration, 100, wire("2027-01-01")
		},
	} {
		_, err := approval.Submit{Occasion: on(firm, "2026-09-14"), Project: changed(change)}.Decide(es.Fold(approval.Approval{}, opened))
		if got := reasonOf(err); !contains(got, want) {
			t.Errorf("want %s, got %v", want, got)
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func TestFiling(t *testing.T) {
	conform := screening(permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM)
	submit := approval.Submit{Occasion: on(firm, "2026-09-14"), Project: project(), Screening: conform}
	heavy := submit // an iron works needs a report of the province
	heavy.Project = changed(func(p *permitsv1.EiaProject) {
		p.ClassificationRow, p.Industry, p.Document = 61, "3110", approval.Report
	})
	across := submit
	across.Project = changed(func(p *permitsv1.EiaProject) { p.Answers.Special = []string{"cross_prefecture"} })
	yesterday := submit
	yesterday.On = date("2026-09-11")
	overridden := submit
	overridden.Project = changed(func(p *permitsv1.EiaProject) {
		p.Answers, p.OverrideReason = &permitsv1.EiaAnswers{}, "工艺含发酵，从严"
	})
	file := approval.File{Occasion: on(firm, "2026-09-02"), Project: registration(), Number: "202662060200000001"}
	late := file
	late.Project = registration()
	late.Project.OperationFrom = wire("2026-09-01")
	tooLight := file
	tooLight.Project = registration()
	tooLight.Project.ClassificationRow, tooLight.Project.OverrideReason = 27, "规模小"
	unnumbered := file
	unnumbered.Number = ""
	if _, err := late.Decide(es.Fold(approval.Approval{}, opened)); !contains(reasonOf(err), "FILED_AFTER_OPERATION") {
		t.Errorf("a form of a works in operation: %v", reasonOf(err))
	}
	if _, err := tooLight.Decide(es.Fold(approval.Approval{}, opened)); !contains(reasonOf(err), "APPROVAL_NEEDED") {
		t.Errorf("a form where approval is needed: %v", reasonOf(err))
	}
	if _, err := yesterday.Decide(es.Fold(approval.Approval{}, opened)); !contains(reasonOf(err), "RECEIPT_IS_TODAY") {
		t.Errorf("a past receipt: %v", reasonOf(err))
	}
	estest.Run(t, []scenario{
		{Name: "a builder files a form", Given: past(opened), When: submit, Then: []es.Event{submitted.Event}},
		{Name: "another kind than the rule's is filed with a reason", Given: past(opened), When: overridden, Then: []es.Event{
			&permitsv1.EiaSubmitted{Project: overridden.Project, Received: wire("2026-09-14"), Screening: conform, Rule: approval.RuleClass},
		}},
		{Name: "what the province approves is refused", Given: past(opened), When: heavy, Err: approval.ErrNotOurs},
		{Name: "what lies in two prefectures is refused", Given: past(opened), When: across, Err: approval.ErrNotOurs},
		{Name: "nothing is filed twice", Given: received, When: submit, Err: approval.ErrWrongStage},
		{Name: "a registration form needs its number", Given: past(opened), When: unnumbered, Err: act.ErrNumberNeeded},
		{Name: "a registration form is filed at once", Given: past(opened), When: file, Then: []es.Event{&permitsv1.EiaRegistrationFiled{
			Project: registration(), FilingNumber: "202662060200000001", Filed: wire("2026-09-02"), DocumentByRule: approval.Registration, Rule: approval.RuleClass,
		}}},
	})
}

func TestAcceptance(t *testing.T) {
	accept := approval.Accept{Occasion: on(clerk, "2026-09-16"), Number: "1"}
	gaps := accept
	gaps.Promised, gaps.PromiseDue = []string{secondaryItem}, date("2026-09-30")
	missed := accept
	missed.Occasion = on(clerk, "2026-09-23")
	for want, change := range map[string]func(*approval.Accept){
		"NOT_SECONDARY": func(c *approval.Accept) { c.Promised = []string{"环境影响报告表"} },
		"DUPLICATE":     func(c *approval.Accept) { c.Promised = []string{secondaryItem, secondaryItem} },
		"PROMISE_DAY":   func(c *approval.Accept) { c.PromiseDue = date("2027-03-01") },
	} {
		c := gaps
		change(&c)
		if _, err := c.Decide(es.Fold(approval.Approval{}, received...)); !contains(reasonOf(err), want) {
			t.Errorf("want %s, got %v", want, reasonOf(err))
		}
	}
	unsigned := es.Fold(approval.Approval{}, opened, by(firm, "2026-09-14", &permitsv1.EiaSubmitted{
		Project: changed(func(p *permitsv1.EiaProject) { p.Attachments = p.Attachments[:1] }), Received: wire("2026-09-14"),
	}))
	if _, err := gaps.Decide(unsigned); !contains(reasonOf(err), "PROMISE_NOT_SIGNED") {
		t.Errorf("without a signed promise: %v", reasonOf(err))
	}
	estest.Run(t, []scenario{
		{Name: "a complete file is accepted", Given: received, When: accept, Then: []es.Event{accepted.Event}},
		{Name: "a file with gaps is accepted on a promise", Given: received, When: gaps, Then: []es.Event{withGaps.Event}},
		{Name: "after five working days of silence it is too late to speak", Given: received, When: missed, Err: approval.ErrTimeUp},
		{Name: "deficiencies are told once", Given: past(opened, submitted, deficient, resubmitted), When: approval.NoticeDeficiency{Occasion: on(clerk, "2026-09-17")}, Err: approval.ErrToldBefore},
		{Name: "silence does not count on the fifth day", Given: received, When: approval.DeemAccepted{Occasion: on(ticker, "2026-09-20")}, Err: approval.ErrTimeLeft},
		{Name: "silence counts when the fifth day is over", Given: received, When: approval.DeemAccepted{Occasion: on(ticker, "2026-09-22")}, Then: []es.Event{
			&permitsv1.EiaDeemedAccepted{Accepted: wire("2026-09-14"), LastDay: wire("2026-09-20"), Rule: approval.RuleCompleteness},
		}},
	})
}

func TestPromises(t *testing.T) {
	gapped := then(received, withGaps, noticed)
	file := []*commonv1.Attachment{{Sha256: "c"}}
	supply := approval.SupplyPromised{Occasion: on(firm, "2026-09-18"), Items: []string{secondaryItem}, Attachments: file}
	broken := by(ticker, "2026-10-01", &permitsv1.EiaPromiseBroken{EnterpriseId: "firm-1", Items: []string{secondaryItem}, Due: wire("2026-09-30")})
	estest.Run(t, []scenario{
		{Name: "the item comes", Given: gapped, When: supply, Then: []es.Event{&permitsv1.EiaPromiseKept{Items: supply.Items, Supplied: wire("2026-09-18"), Attachments: file}}},
		{Name: "a broken promise is recorded after its day", Given: gapped, When: approval.BreakPromise{Occasion: on(ticker, "2026-10-01")}, Then: []es.Event{broken.Event}},
		{Name: "not on its day", Given: gapped, When: approval.BreakPromise{Occasion: on(ticker, "2026-09-30")}, Err: reason("PROMISE_NOT_BROKEN")},
		{Name: "not twice", Given: then(gapped, broken), When: approval.BreakPromise{Occasion: on(ticker, "2026-10-02")}, Err: reason("PROMISE_NOT_BROKEN")},
		{Name: "not when all came", Given: then(received, withGaps, supplied), When: approval.BreakPromise{Occasion: on(ticker, "2026-10-02")}, Err: reason("PROMISE_NOT_BROKEN")},
		{Name: "a file is not sent back before the breach", Given: gapped, When: approval.Return{Occasion: on(clerk, "2026-09-21"), Number: "1"}, Err: reason("PROMISE_NOT_BROKEN")},
		{Name: "it is sent back after it", Given: then(gapped, broken), When: approval.Return{Occasion: on(clerk, "2026-10-08"), Reason: "逾期", Number: "1"}, Then: []es.Event{
			&permitsv1.EiaReturned{Reason: "逾期", DocumentNumber: "1"},
		}},
		{
			Name: "nothing is approved while an item is missing", Given: then(gapped, examined, intended),
			When: approval.Approve{Occasion: on(decider, "2026-10-12"), Number: "1"}, Err: approval.ErrPromiseOpen,
		},
	})
}

func reason(r string) error { return &problem.Error{Kind: problem.Rejected, Reason: r} }

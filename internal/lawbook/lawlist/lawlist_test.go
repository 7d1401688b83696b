package lawlist_test

import (
	"errors"
	"strings"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

const (
	head = "date,is_workday,kind,name_zh\n"
	rows = head + "2027-01-01,0,holiday,元旦\n"
)

func heading(name, from, to string) lawlist.Heading {
	h := lawlist.Heading{List: law.ListWorkingDays, Edition: name, From: law.MustParseDate(from), Source: "example"}
	if to != "" {
		h.To = law.MustParseDate(to)
	}
	return h
}

func offer(t *testing.T, h lawlist.Heading, content string) lawlist.Offer {
	t.Helper()
	o, err := lawlist.Read(h, []byte(content))
	if err != nil {
		t.Fatalf("%s: %v", h.Edition, err)
	}
	return o
}

func loaded(t *testing.T, o lawlist.Offer) es.Event {
	t.Helper()
	events, err := lawlist.Load{Offers: []lawlist.Offer{o}}.Decide(lawlist.List{})
	if err != nil || len(events) != 1 {
		t.Fatalf("%v, %v", events, err)
	}
	return events[0]
}

func TestLoad(t *testing.T) {
	year := heading("2027", "2027-01-01", "2027-12-31")
	first := offer(t, year, rows)
	other := offer(t, year, rows+"2027-01-04,0,holiday,示例\n")
	missing := heading("2027", "2027-01-01", "")
	missing.State = law.Missing
	gap := offer(t, missing, "")
	replacing := offer(t, heading("2027-2", "2027-01-01", "2027-12-31"), rows+"2027-01-04,0,holiday,示例\n")
	following := offer(t, heading("2027-b", "2027-05-01", "2027-12-31"), head+"2027-05-03,0,holiday,示例\n")
	before := offer(t, heading("2026", "2026-01-01", "2026-12-31"), head+"2026-01-01,0,holiday,元旦\n")
	into := offer(t, heading("2026-x", "2026-01-01", ""), head+"2026-01-01,0,holiday,元旦\n")
	shorter := offer(t, heading("2027-x", "2027-01-01", "2027-06-30"), rows)

	given := estest.Facts(loaded(t, first))
	load := func(offers ...lawlist.Offer) lawlist.Load { return lawlist.Load{Offers: offers} }
	estest.Run(t, []estest.Scenario[lawlist.List]{
		{Name: "an edition is loaded", When: load(first), Then: []es.Event{&commonv1.LawEditionLoaded{
			List: "working_days", Edition: "2027", ValidFrom: &commonv1.Date{Iso: "2027-01-01"}, ValidTo: &commonv1.Date{Iso: "2027-12-31"},
			Content: &commonv1.Attachment{
				Sha256: first.Hash, Size: int64(len(first.Content())), MediaType: "text/plain", Kind: "law-data", Title: "working_days-2027",
			},
			State: "complete", Source: "example",
		}}},
		{Name: "the same again changes nothing", Given: given, When: load(first)},
		{Name: "several at once, what is known is left out", Given: given, When: load(first, following), Then: []es.Event{loaded(t, following)}},
		{Name: "a name stands for one content", Given: given, When: load(other), Err: &problem.Error{Reason: "EDITION_NAME_USED"}},
		{Name: "all or none", Given: given, When: load(following, other), Err: &problem.Error{Reason: "EDITION_NAME_USED"}},
		{Name: "a correction has the same days and another name", Given: given, When: load(replacing), Then: []es.Event{loaded(t, replacing)}},
		{Name: "an amendment begins later", Given: given, When: load(following), Then: []es.Event{loaded(t, following)}},
		{Name: "an older edition ends before", Given: given, When: load(before), Then: []es.Event{loaded(t, before)}},
		{Name: "an older edition must not run into a later one", Given: given, When: load(into), Err: problem.ErrInvalid},
		{Name: "the same first day ends on the same day", Given: given, When: load(shorter), Err: problem.ErrInvalid},
		{Name: "what was missing is loaded", Given: estest.Facts(loaded(t, gap)), When: load(first), Then: []es.Event{loaded(t, first)}},
		{Name: "what is loaded does not go missing", Given: given, When: load(gap), Err: &problem.Error{Reason: "EDITION_NAME_USED"}},
	})
	estest.EveryEventEvolves[lawlist.List](t, given...)
}

func TestStreamsOfListsDiffer(t *testing.T) {
	if lawlist.ID(law.ListWaste) == lawlist.ID(law.ListWasteExemptions) || lawlist.ID(law.ListWaste) != lawlist.ID("waste_catalogue") {
		t.Error("the stream does not follow from the name of the list")
	}
}

// The stored content describes itself, whoever wrote the heading.
func TestReadStoresAHeading(t *testing.T) {
	bare := offer(t, heading("2027", "2027-01-01", "2027-12-31"), "\ufeff"+rows)
	again, err := law.ParseEdition(law.ListWorkingDays, bare.Content())
	if err != nil || again.ID != "working_days-2027" || again.Hash != bare.Hash || again.ValidTo != bare.ValidTo {
		t.Errorf("%+v, %v", again, err)
	}
	own := "# edition: working_days-2027\n# version: '2027'\n# valid_from: 2027-01-01\n# valid_to: 2027-12-31\n" + rows
	if o := offer(t, heading("2027", "2027-01-01", "2027-12-31"), own); string(o.Content()) != own {
		t.Errorf("the file was changed: %s", o.Content())
	}
}

func TestReadNamesTheField(t *testing.T) {
	good := heading("2027", "2027-01-01", "2027-12-31")
	with := func(change func(*lawlist.Heading)) lawlist.Heading {
		h := good
		change(&h)
		return h
	}
	said := "# edition: working_days-2027\n# version: '2027'\n# valid_from: 2027-01-01\n# valid_to: 2027-12-31\n" + rows
	for name, c := range map[string]struct {
		heading      lawlist.Heading
		content      string
		path, reason string
	}{
		"a list that nobody knows":       {with(func(h *lawlist.Heading) { h.List = "tides" }), rows, "list", "LIST_UNKNOWN"},
		"a day that does not exist":      {with(func(h *lawlist.Heading) { h.From = law.Date{} }), rows, "validFrom", "DATE_INVALID"},
		"an end before the start":        {with(func(h *lawlist.Heading) { h.To = law.MustParseDate("2026-12-31") }), rows, "validTo", "DATES_REVERSED"},
		"no content":                     {good, " \n", "content", "REQUIRED"},
		"a wrong row":                    {good, rows + "2027-02-30,0,holiday,x\n", "content", "CONTENT_REFUSED"},
		"another name in the file":       {with(func(h *lawlist.Heading) { h.Edition = "2028" }), said, "edition", "FILE_SAYS_OTHERWISE"},
		"another first day":              {with(func(h *lawlist.Heading) { h.From = law.MustParseDate("2027-02-01") }), said, "validFrom", "FILE_SAYS_OTHERWISE"},
		"another last day":               {with(func(h *lawlist.Heading) { h.To = law.Date{} }), said, "validTo", "FILE_SAYS_OTHERWISE"},
		"a file that is not missing":     {with(func(h *lawlist.Heading) { h.State = law.Missing }), said, "content", "MISSING_HAS_ROWS"},
		"a file that says it is missing": {good, "# state: missing\n", "state", "FILE_SAYS_OTHERWISE"},
		"an id of another list":          {good, "# edition: holidays\n" + said[len("# edition: working_days-2027\n"):], "edition", "FILE_SAYS_OTHERWISE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lawlist.Read(c.heading, []byte(c.content))
			p, ok := errors.AsType[*problem.Error](err)
			if !ok || len(p.Errors) != 1 || p.Errors[0].Path != c.path || p.Errors[0].Reason != c.reason {
				t.Fatalf("refused with %+v", err)
			}
			if c.reason == "CONTENT_REFUSED" && !strings.Contains(p.Errors[0].Text.En, "line 3") && !strings.Contains(p.Errors[0].Text.En, "row 3") {
				t.Errorf("the line is not named as the person sees it: %s", p.Errors[0].Text.En)
			}
		})
	}
}

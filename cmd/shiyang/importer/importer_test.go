package importer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/importer"
)

// front is an API that refuses whatever has "refuse" in its title and knows
// which command ids it has seen.
type front struct {
	seen   map[string]bool
	bodies []map[string]any
	down   int  // answers 503 so many times first
	broken bool // answers 500
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.down > 0 {
		f.down--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if f.broken {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if title, _ := body["title"].(string); strings.Contains(title, "refuse") {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"reason":"INVALID_FIELDS","title":"no","errors":[{"path":"title","value":%q,"reason":"R","detail":"D"}]}`, title)
		return
	}
	id := r.Header.Get("Idempotency-Key")
	fmt.Fprintf(w, `{"receipt":{"recordId":"x","position":"7","repeated":%t}}`, f.seen[id])
	f.seen[id] = true
	f.bodies = append(f.bodies, body)
}

func client(t *testing.T, f *front) *apiclient.Client {
	t.Helper()
	f.seen = map[string]bool{}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return apiclient.New(server.URL)
}

const file = "\xef\xbb\xbfkind,title,division,note,source\n" +
	"县区,凉州区,620602,,plan\n" +
	"河流,refuse me,,,plan\n" +
	"企业,,620602,,plan\n" +
	"水库,too,many,fields,in,line\n" +
	"水库,红崖山水库,620621,,plan\n"

func TestLinesGoInAndRefusedOnesAreTold(t *testing.T) {
	f := &front{down: 1}
	c := client(t, f)
	rows, refused, err := importer.Places.Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]importer.Refused{{4, "title", "", "is empty"}, {5, "", "", "has 6 fields, the header has 5"}}, refused); diff != "" {
		t.Error(diff)
	}
	steps := 0
	report, err := importer.Places.Send(t.Context(), c, rows, func() { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	want := importer.Report{Lines: 5, Taken: 2, Position: 7, Refused: []importer.Refused{{3, "title", "refuse me", "R D"}}}
	if diff := cmp.Diff(want, report); diff != "" || steps != 5 {
		t.Error(diff, steps)
	}
	if diff := cmp.Diff(map[string]any{"kind": "county", "title": "凉州区", "division": "620602", "source": "plan"}, f.bodies[0]); diff != "" {
		t.Error(diff)
	}

	again, err := importer.Places.Send(t.Context(), c, rows, func() {})
	if err != nil || again.Taken != 0 || again.Repeated != 2 {
		t.Errorf("second run: %+v, %v", again, err)
	}
}

func TestAFailingServerStopsTheImport(t *testing.T) {
	f := &front{broken: true}
	c := client(t, f)
	rows, _, err := importer.Places.Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	report, err := importer.Places.Send(t.Context(), c, rows, func() {})
	if err == nil || report.Taken != 0 || len(report.Refused) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAWrongHeaderIsToldWhole(t *testing.T) {
	_, _, err := importer.Places.Read(strings.NewReader("kind,titel,kind\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`"titel" is unknown`, `"kind" is given twice`, `"title" is missing`, `"source" is missing`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
}

func TestEveryTableSendsOnlyWhatALineGives(t *testing.T) {
	for _, table := range importer.Tables() {
		row := importer.Row{}
		for _, column := range table.Need {
			row[column] = "x"
		}
		body, err := json.Marshal(table.Body(row))
		if err != nil || strings.Contains(string(body), `""`) {
			t.Errorf("%s sends %s, %v", table.Name, body, err)
		}
		if a, b := table.CommandID(row), table.CommandID(row); a != b {
			t.Errorf("%s: the command id changes", table.Name)
		}
		changed := importer.Row{}
		for _, column := range table.Columns {
			changed[column] = row[column]
		}
		changed[table.Need[0]] = "y"
		if table.CommandID(changed) == table.CommandID(row) {
			t.Errorf("%s: another line has the same command id", table.Name)
		}
	}
}

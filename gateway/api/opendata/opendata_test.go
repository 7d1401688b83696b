package opendata_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/api/opendata"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// shelf is a register of n entries at a position; it breaks after broken
// entries, if that is not zero.
type shelf struct {
	n, broken int
	position  uint64
	change    func(i int, e *permitsv1.PublicEntry)
	watch     func(i int)
	same      *permitsv1.PublicEntry // sent again and again, if it is set
}

type lent struct {
	shelf
	at   uint64
	next int
	head bool
}

func (s shelf) Export(_ context.Context, _ string, at uint64, much opendata.Much) (opendata.Stream, error) {
	if at == 0 || at > s.position {
		at = s.position
	}
	return &lent{s, at, -1, much == opendata.Position}, nil
}

func (l *lent) Recv() (*permitsv1.ExportEntriesResponse, error) {
	l.next++
	if l.next == 0 {
		return &permitsv1.ExportEntriesResponse{Position: l.at, RecordedAt: timestamppb.New(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC))}, nil
	}
	if l.head || l.next > l.n {
		return nil, io.EOF
	}
	if l.broken > 0 && l.next > l.broken {
		return nil, errors.New("the wire is cut")
	}
	if l.watch != nil {
		l.watch(l.next)
	}
	e := l.same
	if e == nil {
		e = entry(l.next)
	}
	if l.change != nil {
		l.change(l.next, e)
	}
	return &permitsv1.ExportEntriesResponse{Entry: e}, nil
}

func entry(i int) *permitsv1.PublicEntry {
	content, err := structpb.NewStruct(map[string]any{"content": map[string]any{
		"outlets": []any{
			map[string]any{"code": "DA001", "title": "锅炉烟囱", "location": map[string]any{"longitude": "102.640", "latitude": "37.93"}, "heightMm": "45000"},
			map[string]any{"code": "DW001", "title": "总排口"},
		},
		"limits": []any{map[string]any{"outlet": "DA001", "pollutant": "a21026", "concentration": "35", "unit": "mg/m3", "massGramsPerYear": "1200000"}},
	}})
	if err != nil {
		panic(err)
	}
	return &permitsv1.PublicEntry{
		Kind: "permit", Id: fmt.Sprintf("id-%06d", i), Number: fmt.Sprintf("91620602MA74X0001A%03dP", i%1000), UnitName: "示例热力有限公司",
		Location: &commonv1.Location{Longitude: "102.640", Latitude: "037.93"}, InForce: true, Status: "in_force", Version: 1, Position: 7, Content: content,
	}
}

func handler(s opendata.Source) http.Handler {
	h := opendata.Handler{
		Source: s, Admit: func(r *http.Request) (context.Context, error) { return r.Context(), nil },
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.WriteHeader(map[bool]int{true: http.StatusNotFound, false: http.StatusBadRequest}[errors.Is(err, problem.ErrNotFound)])
		},
	}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/open-data", h)
	mux.Handle("GET /v1/open-data/{file}", h)
	return mux
}

func get(t *testing.T, s opendata.Source, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler(s).ServeHTTP(w, r)
	return w
}

func rows(t *testing.T, body string) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(body, "\ufeff")
	if !marked {
		t.Error("a spreadsheet would take the Chinese for something else: no byte order mark")
	}
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTables(t *testing.T) {
	s := shelf{n: 2, position: 41}
	for file, want := range map[string]struct {
		rows  int
		first string
		cell  string
	}{
		"permits.csv": {3, "number", "37.93"}, "permit-outlets.csv": {5, "number", "锅炉烟囱"}, "permit-limits.csv": {3, "number", "1200000"},
	} {
		w := get(t, s, "/v1/open-data/"+file)
		all := rows(t, w.Body.String())
		if w.Code != http.StatusOK || len(all) != want.rows || all[0][0] != want.first || !strings.Contains(w.Body.String(), want.cell) {
			t.Errorf("%s: %d %q", file, w.Code, all)
		}
		if w.Header().Get("X-Register-Position") != "41" || !strings.Contains(w.Header().Get("Content-Disposition"), "-41.csv") {
			t.Errorf("%s: %v", file, w.Header())
		}
	}
	if zh := rows(t, get(t, s, "/v1/open-data/permits.csv?lang=zh").Body.String()); zh[0][0] != "许可证编号" {
		t.Errorf("heads in Chinese: %q", zh[0])
	}
	if none := rows(t, get(t, shelf{position: 0}, "/v1/open-data/permit-limits.csv").Body.String()); len(none) != 1 {
		t.Errorf("a register without entries: %q", none)
	}
}

// What people type as a name must not run in somebody's spreadsheet.
func TestNoCellIsAFormula(t *testing.T) {
	bad := []string{`=HYPERLINK("http://x","y")`, "+1+1", "-2+3", "@SUM(A1)", "\tx", "＝1+1", "|calc", "=1\nnext,\"line\""}
	s := shelf{n: len(bad), position: 3, change: func(i int, e *permitsv1.PublicEntry) { e.UnitName = bad[i-1] }}
	for i, row := range rows(t, get(t, s, "/v1/open-data/permits.csv").Body.String())[1:] {
		if row[1] != "'"+bad[i] {
			t.Errorf("%q became %q", bad[i], row[1])
		}
	}
	s.change = func(_ int, e *permitsv1.PublicEntry) { e.Location.Longitude, e.UnitName = "-102.64", "示例" }
	if row := rows(t, get(t, s, "/v1/open-data/permits.csv").Body.String())[1]; row[14] != "-102.64" {
		t.Errorf("a number became %q", row[14])
	}
}

func TestDocuments(t *testing.T) {
	s := shelf{n: 3, position: 41, change: func(i int, e *permitsv1.PublicEntry) {
		if i == 2 {
			e.Location = nil
		}
	}}
	var whole struct {
		Position string
		Licence  struct{ URL string }
		Count    int
		Entries  []struct{ UnitName string }
	}
	body := get(t, s, "/v1/open-data/permits.json").Body.Bytes()
	if err := json.Unmarshal(body, &whole); err != nil || whole.Position != "41" || whole.Count != 3 || len(whole.Entries) != 3 || whole.Licence.URL == "" {
		t.Errorf("%v %s", err, body)
	}
	var world struct {
		Type     string
		Features []struct {
			Geometry struct{ Coordinates []float64 }
		}
	}
	body = get(t, s, "/v1/open-data/permits.geojson").Body.Bytes()
	if err := json.Unmarshal(body, &world); err != nil || world.Type != "FeatureCollection" || len(world.Features) != 2 ||
		world.Features[0].Geometry.Coordinates[1] != 37.93 {
		t.Errorf("%v %s", err, body)
	}
	body = get(t, s, "/v1/open-data").Body.Bytes()
	if !json.Valid(body) || !strings.Contains(string(body), "permit-limits.csv") || !strings.Contains(string(body), "since=41") {
		t.Errorf("%s", body)
	}
}

func TestCopiesThatAreStillGood(t *testing.T) {
	s := shelf{n: 1, position: 41}
	for _, path := range []string{"/v1/open-data", "/v1/open-data/permits.csv", "/v1/open-data/permits.json", "/v1/open-data/permits.csv?at=12"} {
		first := get(t, s, path)
		tag := first.Header().Get("ETag")
		if tag == "" || !strings.HasPrefix(first.Header().Get("Cache-Control"), "public") {
			t.Errorf("%s: %v", path, first.Header())
		}
		if again := get(t, s, path, "If-None-Match", "W/"+tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: a good copy is answered %d", path, again.Code)
		}
		if later := get(t, shelf{n: 1, position: 42}, path, "If-None-Match", tag); later.Code != http.StatusOK {
			t.Errorf("%s: an old copy is answered %d", path, later.Code)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	s := shelf{n: 1, position: 41}
	for path, want := range map[string]int{
		"/v1/open-data/accounts.csv": http.StatusNotFound, "/v1/open-data/permits.csv?at=soon": http.StatusBadRequest,
		"/v1/open-data/permits.csv?lang=fr": http.StatusBadRequest,
	} {
		w := get(t, s, path)
		if w.Code != want || w.Header().Get("ETag") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

// A file that breaks off must not look whole.
func TestBrokenFilesAreCutOff(t *testing.T) {
	server := httptest.NewServer(handler(shelf{n: 5000, broken: 4000, position: 41}))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/open-data/permits.json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err == nil || json.Valid(body) {
		t.Errorf("%d bytes came as if they were all (%v)", len(body), err)
	}
}

// nowhere takes a file without keeping it.
type nowhere struct {
	header http.Header
	n      int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(int)             {}
func (w *nowhere) Write(p []byte) (int, error) { w.n += len(p); return len(p), nil }

// The memory of an export does not grow with the register.
func TestLargeRegistersNeedNoMoreMemory(t *testing.T) {
	for file, all := range map[string]int{"permit-limits.csv": 100_000, "permits.json": 20_000} {
		var early, late uint64
		held := func(into *uint64) {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			*into = m.HeapAlloc
		}
		s := shelf{n: all, position: 41, same: entry(1), watch: func(i int) {
			switch i {
			case all / 10:
				held(&early)
			case all:
				held(&late)
			}
		}}
		w := &nowhere{header: http.Header{}}
		handler(s).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/open-data/"+file, http.NoBody))
		if w.n < 50*all {
			t.Errorf("%s has only %d bytes", file, w.n)
		}
		if late > early+4<<20 {
			t.Errorf("%s: %d bytes held after %d entries, %d after %d", file, early, all/10, late, all)
		}
	}
}

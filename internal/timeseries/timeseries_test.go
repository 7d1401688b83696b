package timeseries_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"shiyang/internal/timeseries"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, clock func() time.Time) *timeseries.Store {
	t.Helper()
	s, err := timeseries.Open(timeseries.Options{Dir: dir, Retention: 60 * 24 * time.Hour, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fixed() time.Time { return now }

// put waits until the rows are durable.
func put(t *testing.T, s *timeseries.Store, rows ...timeseries.Row) {
	t.Helper()
	var wait sync.WaitGroup
	for _, r := range rows {
		wait.Add(1)
		if err := s.Put(t.Context(), r, func(err error) {
			if err != nil {
				t.Error(err)
			}
			wait.Done()
		}); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
}

func bodies(t *testing.T, s *timeseries.Store, series string, from, to time.Time) (all []string) {
	t.Helper()
	rows, err := s.Read(t.Context(), series, 2051, from, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		all = append(all, r.Body)
	}
	return all
}

func row(series string, at time.Time, body string) timeseries.Row {
	return timeseries.Row{Series: series, Kind: 2051, At: at, Body: body}
}

// Rows come back in the order of their instants, whatever order they came in;
// the same instant again replaces; other series and kinds are not touched.
func TestRowsOfASeries(t *testing.T) {
	s := open(t, t.TempDir(), fixed)
	october := time.Date(2026, 10, 31, 23, 50, 0, 0, time.UTC)
	november := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	put(t, s, row("a", november, "third"), row("a", october, "first"), row("b", october, "other"))
	put(t, s, row("a", november, "second"), timeseries.Row{Series: "a", Kind: 2011, At: november, Body: "real time"})
	if got := fmt.Sprint(bodies(t, s, "a", october, now)); got != "[first second]" {
		t.Errorf("read %s", got)
	}
	if got := bodies(t, s, "a", october, november); len(got) != 1 {
		t.Errorf("the end is not excluded: %v", got)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	s := open(t, t.TempDir(), fixed)
	for _, c := range []struct {
		at   time.Time
		want error
	}{{now.Add(-61 * 24 * time.Hour), timeseries.ErrTooOld}, {now.Add(2 * time.Hour), timeseries.ErrTooNew}} {
		if err := s.Put(t.Context(), row("a", c.at, "x"), func(error) {}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.at, err)
		}
	}
}

// Months beyond the retention are deleted, and nothing else.
func TestForget(t *testing.T) {
	at, dir := now, t.TempDir()
	s := open(t, dir, func() time.Time { return at })
	put(t, s, row("a", now, "november"), row("a", now.Add(-30*24*time.Hour), "october"))
	at = now.Add(50 * 24 * time.Hour) // in January: all of October is over sixty days old, November not
	if n, err := s.Forget(); n != 1 || err != nil {
		t.Fatalf("forgot %d months, %v", n, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) == 0 {
		t.Fatal(err)
	}
	for _, f := range left {
		if f.Name()[:7] != "2026-11" {
			t.Errorf("left %s", f.Name())
		}
	}
}

func TestLastHeardOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fixed)
	put(t, s, row("a", now.Add(-time.Hour), "late data")) // heard now, not when it was told
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, fixed)
	if at, err := s.Heard(t.Context(), "a"); err != nil || !at.Equal(now) {
		t.Errorf("heard %s, %v", at, err)
	}
	if at, err := s.Heard(t.Context(), "b"); err != nil || !at.IsZero() {
		t.Errorf("never heard: %s, %v", at, err)
	}
}

// A backup holds every row, and only an empty folder takes it.
func TestExportAndImport(t *testing.T) {
	s := open(t, t.TempDir(), fixed)
	var rows []timeseries.Row
	for i := range 4000 { // more than a page
		rows = append(rows, row(fmt.Sprintf("m%d", i%3), now.Add(-time.Duration(i)*10*time.Minute), fmt.Sprint(i)))
	}
	put(t, s, rows...)
	var saved bytes.Buffer
	if err := s.Export(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	content := saved.String()
	other := open(t, t.TempDir(), fixed)
	if err := other.Import(t.Context(), bytes.NewBufferString(content)); err != nil {
		t.Fatal(err)
	}
	for _, series := range []string{"m0", "m1", "m2"} {
		want, got := bodies(t, s, series, now.AddDate(0, -2, 0), now.Add(time.Second)), bodies(t, other, series, now.AddDate(0, -2, 0), now.Add(time.Second))
		if len(want) < 1000 || fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%s: %d rows came back of %d", series, len(got), len(want))
		}
	}
	if err := other.Import(t.Context(), bytes.NewBufferString(content)); err == nil {
		t.Error("a folder with rows took a backup")
	}
}

// What was put before the end is written before it.
func TestCloseWritesWhatWaits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fixed)
	var mu sync.Mutex
	done := 0
	for i := range 1500 {
		if err := s.Put(t.Context(), row("a", now.Add(-time.Duration(i)*time.Second), "x"), func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), row("a", now, "x"), func(error) {}); !errors.Is(err, timeseries.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	s = open(t, dir, fixed)
	if got := len(bodies(t, s, "a", now.Add(-time.Hour), now.Add(time.Second))); got != 1500 || done != 1500 {
		t.Errorf("%d rows kept, %d answered", got, done)
	}
}

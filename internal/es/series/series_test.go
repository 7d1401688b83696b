package series_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/es/series"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

const organ, typ, year = "620600", "permit-acceptance", 2026

func newStore() *memstore.Store { return memstore.New(es.NewCodec(nil)) }

func atStart() time.Time { return estest.Start }

type cleaner interface{ Cleanup(func()) }

func allocator(t cleaner, store es.Store, now func() time.Time) *series.Allocator {
	a := series.New(store, series.Options{Now: now})
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func command(id string) es.Meta {
	return es.Meta{CommandID: id, CommandHash: "hash of " + id, Actor: es.Actor{ID: "clerk", Role: "permit_clerk"}}
}

func next(ctx context.Context, a *series.Allocator, id string) (int64, error) {
	return a.Next(ctx, command(id), organ, typ, year, "permit-"+id)
}

func mustNext(t *testing.T, a *series.Allocator, id string) int64 {
	t.Helper()
	serial, err := next(t.Context(), a, id)
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

// fill reserves n numbers as another program did before.
func fill(t *testing.T, store es.Store, n int) {
	t.Helper()
	a := allocator(t, store, atStart)
	var wg sync.WaitGroup
	for w := range 100 {
		wg.Go(func() {
			for i := w; i < n; i += 100 {
				if _, err := next(t.Context(), a, fmt.Sprint("filler", i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// dense fails unless the numbers are 1…n, each once.
func dense(t interface{ Errorf(string, ...any) }, serials []int64, n int) {
	slices.Sort(serials)
	if len(serials) != n {
		t.Errorf("%d numbers, want %d", len(serials), n)
	}
	for i, s := range serials {
		if s != int64(i+1) {
			t.Errorf("number %d stands where %d should: a gap or a double", s, i+1)
			return
		}
	}
}

func stored(ctx context.Context, t interface{ Errorf(string, ...any) }, store es.Store, blocks int64) (serials []int64) {
	for b := range blocks {
		for rec, err := range store.Read(ctx, series.Series{Organ: organ, Type: typ, Year: year}.Stream(b), 0) {
			if err != nil {
				t.Errorf("read block %d: %v", b, err)
				return nil
			}
			if e, ok := rec.Event.(*commonv1.NumbersReserved); ok {
				for _, r := range e.GetReservations() {
					serials = append(serials, r.GetSerial())
				}
			}
		}
	}
	return serials
}

func TestNumbersStartAtOneAndGoOn(t *testing.T) {
	store := newStore()
	a := allocator(t, store, atStart)
	for want := range int64(3) {
		if got := mustNext(t, a, fmt.Sprint(want)); got != want+1 {
			t.Errorf("got %d, want %d", got, want+1)
		}
	}
	other, err := a.Next(t.Context(), command("x"), organ, typ, year+1, "permit-x")
	if err != nil || other != 1 {
		t.Errorf("another year begins at %d, %v", other, err)
	}
	if got := mustNext(t, allocator(t, store, atStart), "3"); got != 4 {
		t.Errorf("after a restart: %d, want 4", got)
	}
}

func TestSameCommandGetsTheSameNumber(t *testing.T) {
	store := newStore()
	a := allocator(t, store, atStart)
	first := mustNext(t, a, "c")
	mustNext(t, a, "d")
	for _, again := range []*series.Allocator{a, allocator(t, store, atStart)} {
		if got := mustNext(t, again, "c"); got != first {
			t.Errorf("got %d, first %d", got, first)
		}
	}
	fill(t, store, 1500) // the series goes on into the second block
	if got := mustNext(t, a, "later"); got != 1503 {
		t.Errorf("got %d, want 1503", got)
	}
	for _, again := range []*series.Allocator{a, allocator(t, store, atStart)} {
		if got := mustNext(t, again, "c"); got != first {
			t.Errorf("beyond the block: got %d, first %d", got, first)
		}
	}
	dense(t, stored(t.Context(), t, store, 3), 1503)
}

// Many clients of two programs, faults in both, over the border of a block.
func TestNumbersAreDenseUnderRacesAndFaults(t *testing.T) {
	const clients, each, before = 40, 10, 900
	store := newStore()
	fill(t, store, before)
	var appends atomic.Int64
	faulty := &estest.Faulty{Store: store, Next: func() estest.Fault {
		return []estest.Fault{0, estest.FailAfter, 0, estest.Conflict, estest.FailBefore, 0, 0}[appends.Add(1)%7]
	}}
	programs := []*series.Allocator{allocator(t, faulty, atStart), allocator(t, faulty, atStart)}
	got := make([][]int64, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprint(c, "/", i)
				serial, err := next(t.Context(), programs[(c+i)%2], id)
				for try := 1; errors.Is(err, estest.ErrInjected); try++ { // sent again, also to the other program
					serial, err = next(t.Context(), programs[(c+i+try)%2], id)
				}
				if err != nil {
					t.Error(err)
				}
				got[c] = append(got[c], serial)
			}
		})
	}
	wg.Wait()
	given := slices.Concat(got...)
	slices.Sort(given)
	if double := len(given) - len(slices.Compact(slices.Clone(given))); double > 0 {
		t.Errorf("%d numbers were given twice", double)
	}
	dense(t, stored(t.Context(), t, store, 3), before+clients*each)
	if given[len(given)-1] != before+clients*each {
		t.Errorf("last number is %d, want %d", given[len(given)-1], before+clients*each)
	}
}

// Any order of requests, repeats, uses, voids and faults.
func TestSeriesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, ctx := newStore(), t.Context()
		clock := estest.Start
		var faults atomic.Int32
		faulty := &estest.Faulty{Store: store, Next: func() estest.Fault { return estest.Fault(faults.Swap(0)) }}
		now := func() time.Time { return clock }
		programs := []*series.Allocator{allocator(t, faulty, now), allocator(t, faulty, now)}
		given := map[string]int64{}
		ended := map[int64]string{}
		retried := func(do func(a *series.Allocator) error) error {
			faults.Store(int32(rapid.IntRange(0, 3).Draw(t, "fault")))
			for {
				err := do(programs[rapid.IntRange(0, 1).Draw(t, "program")])
				if !errors.Is(err, estest.ErrInjected) {
					return err
				}
			}
		}
		end := func(t *rapid.T, how, other string, refused error, do func(a *series.Allocator, meta es.Meta, serial int64) error) {
			c := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "command")
			serial, ok := given[c]
			if !ok {
				return
			}
			err := retried(func(a *series.Allocator) error { return do(a, command(how+c), serial) })
			switch {
			case ended[serial] == other && !errors.Is(err, refused):
				t.Fatalf("%s a number that was %s: %v", how, other, err)
			case ended[serial] != other && err != nil:
				t.Fatalf("%s: %v", how, err)
			case ended[serial] == "":
				ended[serial] = how
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"next": func(t *rapid.T) {
				c := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "command")
				var serial int64
				if err := retried(func(a *series.Allocator) (err error) { serial, err = next(ctx, a, c); return err }); err != nil {
					t.Fatalf("next: %v", err)
				}
				if old, had := given[c]; had && ended[old] != "void" && serial != old {
					t.Fatalf("%s had %d and got %d", c, old, serial)
				} else if had && ended[old] == "void" && serial == old {
					t.Fatalf("%s got the void number %d again", c, old)
				}
				given[c] = serial
			},
			"use": func(t *rapid.T) {
				end(t, "use", "void", series.ErrVoided, func(a *series.Allocator, meta es.Meta, serial int64) error {
					return a.MarkUsed(ctx, meta, organ, typ, year, serial)
				})
			},
			"void": func(t *rapid.T) {
				end(t, "void", "use", series.ErrUsed, func(a *series.Allocator, meta es.Meta, serial int64) error {
					return a.Void(ctx, meta, organ, typ, year, serial, "unused")
				})
			},
			"": func(t *rapid.T) {
				serials := stored(ctx, t, store, 1)
				dense(t, serials, len(serials))
				if open, err := programs[0].Unused(ctx, organ, typ, year, clock.Add(time.Second)); err != nil || len(open) != len(serials)-len(ended) {
					t.Fatalf("%d of %d are open, %d have ended: %v", len(open), len(serials), len(ended), err)
				}
			},
		})
	})
}

func TestUnusedNumbersAreSettledByTheRecord(t *testing.T) {
	store := newStore()
	clock := estest.Start
	a := allocator(t, store, func() time.Time { return clock })
	written, lost := mustNext(t, a, "written"), mustNext(t, a, "lost")
	// The record of one command exists; its number was not marked before a crash.
	if _, err := store.Append(t.Context(), "permit-written", 0, command("written"), &commonv1.PersonErased{}); err != nil {
		t.Fatal(err)
	}
	if open, err := a.Unused(t.Context(), organ, typ, year, clock.Add(-series.UnusedAfter)); err != nil || len(open) != 0 {
		t.Errorf("young numbers: %v, %v", open, err)
	}
	clock = clock.Add(series.UnusedAfter + time.Second)
	open, err := a.Unused(t.Context(), organ, typ, year, clock.Add(-series.UnusedAfter))
	if err != nil || len(open) != 2 || open[0].Serial != written || open[1].Holder != "permit-lost" {
		t.Fatalf("open = %+v, %v", open, err)
	}
	for _, n := range open {
		used, err := a.Settle(t.Context(), command(fmt.Sprint("tick", n.Serial)), organ, typ, year, n, "unused for a day")
		if err != nil || used != (n.Serial == written) {
			t.Errorf("%+v: used %v, %v", n, used, err)
		}
	}
	if open, err := a.Unused(t.Context(), organ, typ, year, clock); err != nil || len(open) != 0 {
		t.Errorf("after the sweep: %v, %v", open, err)
	}
	if err := a.MarkUsed(t.Context(), command("late"), organ, typ, year, lost); !errors.Is(err, series.ErrVoided) {
		t.Errorf("a void number was used: %v", err)
	}
	if got := mustNext(t, a, "lost"); got != lost+1 {
		t.Errorf("after its number was voided the command got %d, want a new one", got)
	}
}

func TestUnusedLooksBeyondBlocks(t *testing.T) {
	store := newStore()
	fill(t, store, 1100)
	a := allocator(t, store, atStart)
	for serial := int64(1); serial <= 1000; serial++ {
		if serial == 500 {
			continue
		}
		if err := a.MarkUsed(t.Context(), command(fmt.Sprint("use", serial)), organ, typ, year, serial); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time it knows where to begin
		open, err := a.Unused(t.Context(), organ, typ, year, estest.Start.Add(time.Hour))
		if err != nil || len(open) != 101 || open[0].Serial != 500 {
			t.Fatalf("%d open: %v", len(open), err)
		}
	}
	if err := a.Void(t.Context(), command("void"), organ, typ, year, 500, "unused"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		open, err := a.Unused(t.Context(), organ, typ, year, estest.Start.Add(time.Hour))
		if err != nil || len(open) != 100 || open[0].Serial != 1001 {
			t.Fatalf("%d open: %v", len(open), err)
		}
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	a := allocator(t, newStore(), atStart)
	if _, err := a.Next(t.Context(), es.Meta{}, organ, typ, year, "permit-1"); !errors.Is(err, es.ErrNoCommandID) {
		t.Errorf("next: %v", err)
	}
	if err := a.Void(t.Context(), command("v"), organ, typ, year, 1, ""); err == nil {
		t.Error("a number was voided without a reason")
	}
	for _, serial := range []int64{-5, 0, 1, 5000} {
		if err := a.MarkUsed(t.Context(), command("u"), organ, typ, year, serial); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("use %d: %v", serial, err)
		}
	}
}

func TestClosedAllocatorAnswers(t *testing.T) {
	a := series.New(newStore(), series.Options{Now: atStart})
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := next(t.Context(), a, "c"); !errors.Is(err, series.ErrClosed) {
		t.Errorf("error = %v", err)
	}
}

// While one append is on its way, all who come wait for the next one.
func TestWaitersShareAppends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore()
		var appends atomic.Int64
		hold := make(chan struct{})
		a := allocator(t, &estest.Faulty{Store: store, Next: func() estest.Fault {
			if appends.Add(1) == 1 {
				<-hold
			}
			return estest.NoFault
		}}, atStart)
		const clients = 50
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				if _, err := next(t.Context(), a, fmt.Sprint(c)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // the first append hangs, everyone else waits
		close(hold)
		wg.Wait()
		if got := appends.Load(); got != 2 {
			t.Errorf("%d appends for %d clients, want 2", got, clients)
		}
		dense(t, stored(t.Context(), t, store, 1), clients)
		_ = a.Close()
	})
}

func BenchmarkNext(b *testing.B) {
	a := allocator(b, newStore(), atStart)
	var n atomic.Int64
	b.SetParallelism(50)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := next(b.Context(), a, fmt.Sprint(n.Add(1))); err != nil {
				b.Error(err)
			}
		}
	})
}

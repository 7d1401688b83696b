package limit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"shiyang/gateway/limit"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

// taken counts how many of n get through at once.
func taken(l *limit.Limiter, ip string, n int) (through int) {
	for range n {
		if l.Take(ip) == nil {
			through++
		}
	}
	return through
}

func TestAddressRefills(t *testing.T) {
	c := newClock()
	l := limit.New(limit.Options{Count: 30, Span: 10 * time.Minute, Now: c.Now})
	if got := taken(l, "10.0.0.1", 40); got != 30 {
		t.Fatalf("%d at once, want 30", got)
	}
	err := l.Take("10.0.0.1")
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || !errors.Is(err, limit.ErrTooMany) || p.Kind != problem.TooMany || p.Wait != 20 || p.Text.Zh == "" || p.Text.En == "" {
		t.Fatalf("refused with %+v", p)
	}
	c.now = c.now.Add(19 * time.Second)
	if taken(l, "10.0.0.1", 1) != 0 {
		t.Error("let through before the time it told")
	}
	c.now = c.now.Add(time.Second)
	if got := taken(l, "10.0.0.1", 5); got != 1 {
		t.Errorf("%d after twenty seconds, want 1", got)
	}
	c.now = c.now.Add(time.Hour)
	if got := taken(l, "10.0.0.1", 40); got != 30 {
		t.Errorf("%d after an hour, want 30", got)
	}
}

func TestAddressesCountApart(t *testing.T) {
	l := limit.New(limit.Options{Count: 2, Span: time.Minute, Now: newClock().Now})
	for _, same := range [][]string{
		{"10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1"},
		{"10.0.0.2", "10.0.0.2", "10.0.0.2"},
		{"2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:9::"},
		{"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1::3"},
		{"", "pipe", "not an address"},
	} {
		through := 0
		for _, ip := range same {
			through += taken(l, ip, 1)
		}
		if through != 2 {
			t.Errorf("%v: %d let through, want 2", same, through)
		}
	}
}

func TestNoLimit(t *testing.T) {
	if got := taken(limit.New(limit.Options{Now: newClock().Now}), "10.0.0.1", 1000); got != 1000 {
		t.Errorf("%d let through", got)
	}
}

// Only so many addresses are remembered; the one that was idle longest goes.
func TestMemoryIsBounded(t *testing.T) {
	l := limit.New(limit.Options{Count: 1, Span: time.Hour, Now: newClock().Now, Addresses: 3})
	for i := range 3 {
		taken(l, fmt.Sprintf("10.0.0.%d", i), 1)
	}
	if taken(l, "10.0.0.0", 1) != 0 || taken(l, "10.0.0.9", 1) != 1 {
		t.Fatal("a known address, then a fresh one")
	}
	if taken(l, "10.0.0.0", 1) != 0 {
		t.Error("the address seen last was forgotten")
	}
	if taken(l, "10.0.0.1", 1) != 1 {
		t.Error("the address idle longest is still remembered")
	}
}

func TestConcurrentTakesAreExact(t *testing.T) {
	l := limit.New(limit.Options{Count: 50, Span: time.Hour, Now: newClock().Now})
	var work sync.WaitGroup
	var mu sync.Mutex
	through := 0
	for range 8 {
		work.Go(func() {
			n := taken(l, "10.0.0.1", 20)
			mu.Lock()
			defer mu.Unlock()
			through += n
		})
	}
	work.Wait()
	if through != 50 {
		t.Errorf("%d let through, want 50", through)
	}
}

// service counts what reaches it.
type service struct {
	grpc.ClientConnInterface
	calls int
}

func (s *service) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	s.calls++
	return nil
}

func TestOnlyStrangersRegistrationsAreCounted(t *testing.T) {
	behind := &service{}
	people := identityv1.NewIdentityServiceClient(limit.Registrations(behind, limit.New(limit.Options{Count: 2, Span: time.Hour, Now: newClock().Now})))
	var refused error
	register := func(remote, token string, n int) {
		refused, behind.calls = nil, 0
		handler := limit.Remember(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx := rpc.WithCaller(r.Context(), rpc.Caller{CommandID: "c"}, token)
			if _, err := people.RegisterAccount(ctx, &identityv1.RegisterAccountRequest{}); err != nil {
				refused = err
			}
		}))
		for range n {
			r := httptest.NewRequest(http.MethodPost, "/v1/accounts", nil)
			r.RemoteAddr = remote
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	if register("10.0.0.1:1", "", 5); behind.calls != 2 || !errors.Is(refused, limit.ErrTooMany) {
		t.Errorf("%d of five strangers, then %v", behind.calls, refused)
	}
	if register("10.0.0.2:1", "", 1); behind.calls != 1 || refused != nil {
		t.Errorf("somebody else: %v", refused)
	}
	if register("10.0.0.1:1", "token", 5); behind.calls != 5 || refused != nil {
		t.Errorf("%d of five by an administrator, %v", behind.calls, refused)
	}
	behind.calls = 0
	for range 5 {
		if _, err := people.GetMe(t.Context(), &identityv1.GetMeRequest{}); err != nil {
			t.Error(err)
		}
	}
	if behind.calls != 5 {
		t.Errorf("%d of five other calls", behind.calls)
	}
}

package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Callers of the gateway: few that go on all the time, and in the last phase
// more than may wait for a store.
const (
	callers = 48
	crowd   = 1500
)

// storeDeadline is how long a command is in the bureau at most: five seconds
// behind others on the same record, and ten for the store.
const storeDeadline = 15 * time.Second

// blackHole takes what is sent and answers nothing.
var blackHole = slowness{"black hole, and a crowd before it", "timeout", `{"timeout":0}`}

// Gateway is the part of scenario R7 about the whole bureau before a slow
// store: commands over HTTP are answered with 200, or with 503 and
// Retry-After; what was answered 503 is sent again with the same key and takes
// effect once; requests and goroutines do not pile up.
func Gateway(ctx context.Context, t *trial.Trial, lasting time.Duration) error {
	store, err := program.StartStore(ctx, t.Program, t.Dir+"/gateway-store", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = store.End(syscall.SIGKILL) }() // gone already, unless something failed
	line, err := NewLine(ctx, store.Address)
	if err != nil {
		return err
	}
	defer line.Close()
	bureau, err := program.StartBureau(ctx, t.Program, t.Dir+"/gateway", "esdb://"+line.Address()+"?tls=false")
	if err != nil {
		return err
	}
	defer func() { _ = bureau.End(syscall.SIGKILL) }() // gone already, unless something failed
	d := &desk{t: t, url: bureau.URL, http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: crowd}}, watch: trial.NewWatch(), done: map[int]bool{}}
	defer d.watch.Stop()
	if err := d.signIn(ctx, "shouli", bureau.Signs["shouli"]); err != nil {
		return err
	}
	idle, err := bureau.Goroutines(ctx)
	if err != nil {
		return err
	}
	ways := append(slow[:len(slow):len(slow)], blackHole)
	for _, how := range ways {
		if err := d.phase(ctx, bureau, line, how, lasting/time.Duration(len(ways)), idle); err != nil {
			return fmt.Errorf("%s: %w", how.name, err)
		}
	}
	return errors.Join(d.finish(ctx, bureau, store, idle), bureau.End(syscall.SIGTERM), store.End(syscall.SIGTERM))
}

// desk sends the commands of one clerk.
type desk struct {
	t     *trial.Trial
	url   string
	token string
	http  *http.Client
	watch *trial.Watch
	next  atomic.Int64
	mu    sync.Mutex
	owed  []order
	done  map[int]bool // numbers of sites that were acknowledged
}

// order is a command: the registration of a site.
type order struct {
	number int
	key    string
}

func (d *desk) signIn(ctx context.Context, login, password string) error {
	body, err := json.Marshal(map[string]string{"login": login, "password": password})
	if err != nil {
		return err
	}
	answer, err := d.post(ctx, "/v1/sessions", "", body)
	if err != nil {
		return err
	}
	var session struct{ Token string }
	if err := json.Unmarshal(answer.text, &session); err != nil || session.Token == "" {
		return fmt.Errorf("sign in: %d: %.300s %w", answer.status, answer.text, err)
	}
	d.token = session.Token
	return nil
}

// reply is an answer of the gateway.
type reply struct {
	status int
	retry  string // Retry-After
	text   []byte
}

func (d *desk) post(ctx context.Context, path, key string, body []byte) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+d.token)
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := d.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header.Get("Retry-After"), text}, errors.Join(err, answer.Body.Close())
}

// take returns a command that is owed, or a new one.
func (d *desk) take() order {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.owed); n > 0 {
		o := d.owed[0]
		d.owed = d.owed[1:]
		d.t.Add("gateway: commands sent again", 1)
		return o
	}
	return order{int(d.next.Add(1)), uuid.Must(uuid.NewV7()).String()}
}

// send sends one command and judges the answer.
func (d *desk) send(ctx context.Context) {
	o, began := d.take(), time.Now()
	body := fmt.Appendf(nil, `{"site":{"unitName":"示例慢网%d厂","division":"620602","example":true}}`, o.number)
	answer, err := d.post(ctx, "/v1/facilities", o.key, body)
	d.t.Late("gateway", d.watch, began, storeDeadline)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err != nil && ctx.Err() == nil:
		d.t.Fault("gateway: a request gets no answer: %v", err)
	case err != nil: // the trial was ended
	case answer.status == http.StatusOK:
		d.t.Add("gateway: commands acknowledged", 1)
		d.done[o.number] = true
		return
	case answer.status != http.StatusServiceUnavailable:
		d.t.Fault("gateway: a command is answered %d: %.300s", answer.status, answer.text)
	default:
		d.t.Add("gateway: answered 503", 1)
		if wait, err := strconv.Atoi(answer.retry); err != nil || wait < 1 {
			d.t.Fault("gateway: 503 without Retry-After: %.300s", answer.text)
		}
		d.t.Measure("gateway: answer 503 after", time.Since(began))
	}
	d.owed = append(d.owed, o)
}

// phase sends commands for a while over a network that is slow in one way.
func (d *desk) phase(ctx context.Context, bureau *program.Bureau, line *Line, how slowness, lasting time.Duration, idle int) error {
	for _, direction := range []string{"upstream", "downstream"} {
		if err := line.Spoil(how.kind, direction, how.attributes); err != nil {
			return err
		}
	}
	many := callers
	if how == blackHole {
		many = crowd
	}
	until := time.Now().Add(lasting)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			for time.Now().Before(until) && ctx.Err() == nil {
				d.send(ctx)
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Wait()
	}()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting; {
		select {
		case <-look.C:
		case <-ended:
			waiting = false
		}
		n, err := bureau.Goroutines(ctx)
		if err != nil {
			return err
		}
		d.t.Most("gateway: goroutines at most", n)
		if most := idle + 6*many + 200; n > most {
			d.t.Fault("gateway: %s: %d goroutines run, %d before", how.name, n, idle)
		}
	}
	return line.Heal(ctx)
}

var siteName = regexp.MustCompile(`示例慢网(\d+)厂`)

// finish sends what is owed, and looks in the store that every command took
// effect once.
func (d *desk) finish(ctx context.Context, bureau *program.Bureau, store *program.Process, idle int) error {
	d.t.Punctual("gateway")
	if err := until(ctx, "what is owed is acknowledged", func() bool {
		for range d.owed {
			d.send(ctx)
		}
		return len(d.owed) == 0
	}); err != nil {
		d.t.Fault("gateway: %v", err)
	}
	d.http.CloseIdleConnections()
	if err := until(ctx, "goroutines", func() bool {
		n, err := bureau.Goroutines(ctx)
		return err == nil && n <= idle+60
	}); err != nil {
		d.t.Fault("gateway: more goroutines than the %d before: %v", idle, err)
	}
	direct, err := wire.Dial(store.Address)
	if err != nil {
		return err
	}
	found := map[int]int{}
	for e, err := range direct.All(ctx, 0) {
		if err != nil {
			return errors.Join(err, direct.Close())
		}
		if name := siteName.FindSubmatch(e.Data); name != nil && e.Revision == 0 && strings.HasPrefix(e.Stream, "facility-") {
			number, err := strconv.Atoi(string(name[1]))
			if err != nil {
				return err
			}
			found[number]++
		}
	}
	for number := range d.done {
		switch n := found[number]; {
		case n == 0:
			d.t.Add("lost", 1)
			d.t.Fault("gateway: the site of command %d was acknowledged and is not there", number)
		case n > 1:
			d.t.Add("duplicates", n-1)
			d.t.Fault("gateway: command %d took effect %d times", number, n)
		}
	}
	d.t.Add("gateway: commands checked", len(d.done))
	return direct.Close()
}

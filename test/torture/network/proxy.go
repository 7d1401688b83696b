// Package network puts a bad network between the supervised client and the
// store. Start reading at Cuts, Slow and Leaders.
package network

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Line is the network between a client and a store.
type Line struct {
	proxy *toxiproxy.Proxy
	names []string
}

// NewLine makes a good network to a store, at an address of its own.
func NewLine(ctx context.Context, upstream string) (*Line, error) {
	address, err := program.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Line{proxy: toxiproxy.NewProxy(server, "store", address, upstream)}
	return l, l.proxy.Start()
}

// Address is where the client finds the store.
func (l *Line) Address() string { return l.proxy.Listen }

// Close ends the network.
func (l *Line) Close() { l.proxy.Stop() }

// Down breaks all connections and refuses new ones.
func (l *Line) Down() { l.proxy.Stop() }

// Up ends Down. The address may be taken for a moment by what is closing.
func (l *Line) Up(ctx context.Context) error {
	for {
		err := l.proxy.Start()
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Spoil adds a toxic: its kind, the direction and its attributes as JSON.
func (l *Line) Spoil(kind, direction, attributes string) error {
	name := fmt.Sprintf("%s-%s", kind, direction)
	_, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
		`{"name":%q,"type":%q,"stream":%q,"toxicity":1,"attributes":%s}`, name, kind, direction, attributes)))
	if err == nil {
		l.names = append(l.names, name)
	}
	return err
}

// Heal takes all toxics away.
func (l *Line) Heal(ctx context.Context) error {
	for _, name := range l.names {
		if err := l.proxy.Toxics.RemoveToxic(ctx, name); err != nil {
			return err
		}
	}
	l.names = nil
	return nil
}

// patience bounds every wait; it is no figure of speed.
const patience = time.Minute

// until waits for a condition.
func until(ctx context.Context, what string, holds func() bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("not within %s: %s", patience, what)
		}
	}
	return nil
}

// Goroutines counts the goroutines of this process but those of the proxy,
// which leaves some behind for each connection that it has cut.
func Goroutines() (n int) {
	for stack := range strings.SplitSeq(stacks(), "\n\n") {
		if !strings.Contains(stack, "Shopify/toxiproxy") {
			n++
		}
	}
	return n
}

func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

// settled waits until no more goroutines run than before, within an allowance,
// and reports those that stay.
func settled(ctx context.Context, t *trial.Trial, before int) {
	const allowance = 10
	err := until(ctx, "goroutines", func() bool { return Goroutines() <= before+allowance })
	after := Goroutines()
	if err != nil {
		t.Fault("%d goroutines more than before the trial\n%.8000s", after-before, stacks())
	}
	t.Most("goroutines too many", max(0, after-before-allowance))
}

// finish lets all writers send what they owe, reads the store directly and judges.
func finish(ctx context.Context, t *trial.Trial, fleet *load.Fleet, store load.Appender, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	for range 10 {
		if err = fleet.Finish(ctx, store); err == nil {
			break
		}
	}
	if err != nil {
		t.Fault("a healed store does not take what writers owe: %v", err)
	}
	if wrong, text := fleet.Wrong(); wrong > 0 {
		t.Fault("%d appends of a lone writer were refused: %s", wrong, text)
	}
	direct, err := wire.Dial(address)
	if err != nil {
		return err
	}
	history := fleet.Oracle.Read()
	history.Foreign = true
	verdict, err := direct.Judge(ctx, history, fleet.Oracle.Promised())
	t.Judge(verdict, "at the end")
	t.Add("acknowledged", fleet.Oracle.Acked())
	t.Add("commands sent again", fleet.Repeats())
	return errors.Join(err, direct.Close())
}

// newOracle makes the oracle of a trial.
func newOracle(t *trial.Trial) (*oracle.Oracle, error) { return oracle.Open(t.Dir + "/acknowledged") }

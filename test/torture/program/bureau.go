package program

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// Bureau is the whole program, with its demo bureau, on a store elsewhere.
type Bureau struct {
	*Process
	URL   string
	Signs map[string]string // passwords by login, of all roles
}

var (
	portal = regexp.MustCompile(`(http://\S+)  \(API \S+, metrics and health (http://\S+)\)`)
	sign   = regexp.MustCompile(`(?m)^  (\S+) +(\S+-\S+-\S+) `)
)

// StartBureau runs everything but the store on a data folder and waits until
// it has printed its sign-ins.
func StartBureau(ctx context.Context, binary, data, store string) (*Bureau, error) {
	p, found, err := start(ctx, binary, portal, []string{
		"--data", data, "--event-store", store, "--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
	})
	if err != nil {
		return nil, err
	}
	p.Health = found[2]
	b := &Bureau{Process: p, URL: found[1], Signs: map[string]string{}}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); len(b.Signs) == 0; {
		for _, one := range sign.FindAllStringSubmatch(p.Output(), -1) {
			b.Signs[one[1]] = one[2]
		}
		select {
		case <-tick.C:
		case <-p.ended:
			return nil, fmt.Errorf("the bureau ended: %w\n%s", p.err, p.Output())
		case <-ctx.Done():
			return nil, p.End(syscall.SIGKILL)
		}
		if time.Since(began) > patience {
			return nil, fmt.Errorf("no sign-ins within %s: %w\n%s", patience, p.End(syscall.SIGKILL), p.Output())
		}
	}
	return b, nil
}

var goroutines = regexp.MustCompile(`(?m)^go_goroutines (\S+)$`)

// Goroutines asks the program how many it runs.
func (p *Process) Goroutines(ctx context.Context) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Health+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	found := goroutines.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("no figure of goroutines in %.200s", text)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	return int(n), err
}

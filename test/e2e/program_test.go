package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait; it is no figure of speed.
const patience = 2 * time.Minute

// program is one run of the program after another on the same data.
type program struct {
	dir       string            // holds the data folder
	url       string            // of the portal
	admin     string            // of metrics and health
	passwords map[string]string // by sign-in name, as printed once

	cmd   *exec.Cmd
	out   *output
	ended chan struct{} // closed when the process has ended
	err   error         // how it ended; read after ended
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var (
	portalLine = regexp.MustCompile(`Shiyang 石羊: (http://\S+)  \(API \S+, metrics and health (http://\S+)\)`)
	signLine   = regexp.MustCompile(`(?m)^  ([a-z][a-z0-9]+) +([a-z0-9-]{20,}) +\S`)
)

// start starts the program and waits until it is ready and has said all that
// it says once.
func (p *program) start(ctx context.Context, args ...string) error {
	if p.cmd != nil {
		return errors.New("the program runs already")
	}
	signs := p.passwords == nil && !slices.Contains(args, "--demo=false") && !slices.Contains(args, "serve")
	args = append(args, "--data", filepath.Join(p.dir, "data"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	p.out, p.ended = &output{}, make(chan struct{})
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), "shiyang", args...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		p.err = cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
	err := until("start", func() (bool, error) {
		select {
		case <-p.ended:
			return true, fmt.Errorf("the program ended: %w", p.err)
		default:
			return false, p.ready(ctx, signs)
		}
	})
	if err != nil {
		p.abandon()
		return fmt.Errorf("%w\n%s", err, p.out)
	}
	return nil
}

// errYes ends a wait.
var errYes = errors.New("yes")

// until waits for a condition: asked again and again, it says that it is done
// with an error of its own, or that it is met with errYes.
func until(what string, ask func() (done bool, err error)) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := ask()
		switch {
		case errors.Is(err, errYes):
			return nil
		case done:
			return err
		case time.Now().After(deadline):
			return fmt.Errorf("%s: not within %s: %w", what, patience, err)
		}
		<-tick.C
	}
}

// ready reads what the program printed and asks it; errYes if it is ready.
func (p *program) ready(ctx context.Context, signs bool) error {
	text := p.out.String()
	found := portalLine.FindStringSubmatch(text)
	if found == nil {
		return errors.New("no address was printed")
	}
	// The list of sign-ins ends with an empty line.
	if _, list, ok := strings.Cut(text, "Demo bureau"); signs && (!ok || !strings.Contains(list, "\n\n")) {
		return errors.New("no sign-ins were printed")
	}
	p.url, p.admin = found[1], found[2]
	if p.passwords == nil {
		p.passwords = map[string]string{}
	}
	for _, s := range signLine.FindAllStringSubmatch(text, -1) {
		p.passwords[s[1]] = s[2]
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/health/ready", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("health %d", response.StatusCode), err)
	}
	return errYes
}

// end signals the program and waits until it is gone. A program that is asked
// to end has to end well.
func (p *program) end(signal syscall.Signal) error {
	if p.cmd == nil {
		return errors.New("the program does not run")
	}
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	p.cmd = nil
	if signal == syscall.SIGTERM && p.err != nil {
		return fmt.Errorf("the program ended with %w\n%s", p.err, p.out)
	}
	return nil
}

// abandon ends a program that nobody ended.
func (p *program) abandon() {
	if p.cmd != nil {
		// It may have ended by itself: nothing more is wanted.
		_ = p.end(syscall.SIGKILL)
	}
}

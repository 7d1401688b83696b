package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait; it is no figure of speed.
const patience = 2 * time.Minute

// process is one running process of the program.
type process struct {
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

// launch starts the program with settings in its environment.
func launch(ctx context.Context, settings []string, args ...string) (*process, error) {
	p := &process{out: &output{}, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), "shiyang", args...)
	p.cmd.Env = append(os.Environ(), settings...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// await waits until ready says nil, and ends a process that never does.
func (p *process) await(ready func() error) error {
	err := until("start", func() (bool, error) {
		select {
		case <-p.ended:
			return true, fmt.Errorf("the program ended: %w", p.err)
		default:
			err := ready()
			return err == nil, err
		}
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%w\n%s", err, p.out)
	return errors.Join(err, p.end(syscall.SIGKILL))
}

// end signals the process and waits until it is gone. One that is asked to
// end has to end well; one that was killed cannot.
func (p *process) end(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	if signal == syscall.SIGTERM && p.err != nil {
		return fmt.Errorf("the program ended with %w\n%s", p.err, p.out)
	}
	return nil
}

// until asks again and again until it hears that it is done, with the error
// that it then hears.
func until(what string, ask func() (done bool, err error)) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		done, err := ask()
		if done {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s: %w", what, patience, err)
		}
		<-tick.C
	}
}

// healthy asks the admin address whether the program can work.
func healthy(ctx context.Context, admin string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/health/ready", http.NoBody)
	if err != nil {
		return err
	}
	response, err := web.Do(r)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("health %d", response.StatusCode), err)
	}
	return nil
}

// Package program builds the real binary and runs it as a child process, which
// is ended by its own process id and no other. Start reading at Build, Start.
package program

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait for a process; it is no figure of speed.
const patience = 2 * time.Minute

// Build builds a command of this checkout with build tags and returns its path.
func Build(ctx context.Context, dir, pkg, name, tags string) (string, error) {
	path := filepath.Join(dir, name)
	build := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-o", path, pkg) //nolint:gosec // our own package
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// Process is one running child.
type Process struct {
	Address string // host:port of the store
	Health  string // http://host:port
	cmd     *exec.Cmd
	out     output
	ended   chan struct{}
	err     error
}

// output keeps the last of what a process writes, and tells its first lines.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	lines chan string
}

const keepOutput = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > keepOutput {
		o.buf.Next(o.buf.Len() - keepOutput/2)
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var ready = regexp.MustCompile(`eventstore: esdb://([^?\s]+).*health (http://[^)\s]+)`)

// StartStore runs "serve eventstore" on a data folder and waits until it says
// where it listens. address may be 127.0.0.1:0.
func StartStore(ctx context.Context, binary, data, address string, args ...string) (*Process, error) {
	all := append([]string{"serve", "eventstore", "--data", data, "--internal", address, "--admin", "127.0.0.1:0"}, args...)
	p, found, err := start(ctx, binary, ready, all)
	if err != nil {
		return nil, err
	}
	p.Address, p.Health = found[1], found[2]
	return p, nil
}

// start runs the binary and waits until it prints a line that matches.
func start(ctx context.Context, binary string, match *regexp.Regexp, args []string) (*Process, []string, error) {
	p := &Process{ended: make(chan struct{})}
	p.out.lines = make(chan string, 16)
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), binary, args...) //nolint:gosec // the binary that was built
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.out
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, nil, err
	}
	go p.listen(stdout)
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case line := <-p.out.lines:
			if found := match.FindStringSubmatch(line); found != nil {
				return p, found, nil
			}
		case <-p.ended:
			return nil, nil, fmt.Errorf("the program ended: %w\n%s", p.err, p.out.String())
		case <-ctx.Done():
			return nil, nil, errors.Join(ctx.Err(), p.End(syscall.SIGKILL))
		case <-limit.C:
			return nil, nil, errors.Join(fmt.Errorf("the program did not start within %s\n%s", patience, p.out.String()), p.End(syscall.SIGKILL))
		}
	}
}

func (p *Process) listen(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		_, _ = p.out.Write(append(lines.Bytes(), '\n')) // never fails
		select {
		case p.out.lines <- lines.Text():
		default: // nobody listens any more
		}
	}
	p.err = p.cmd.Wait()
	if p.err == nil {
		p.err = errors.New("exit status 0")
	}
	close(p.ended)
}

// End sends a signal to the process and waits until it is gone. One that was
// asked to end has to end well. One that was never started has nothing to end.
func (p *Process) End(signal syscall.Signal) error {
	if p == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the store did not end within %s after %s", patience, signal), p.cmd.Process.Kill())
	}
	if signal == syscall.SIGTERM && p.cmd.ProcessState.ExitCode() != 0 {
		return fmt.Errorf("the store, asked to end, said: %w\n%s", p.err, p.out.String())
	}
	return nil
}

// Ended is closed when the process has ended, by itself or not.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Output is the last of what the process wrote.
func (p *Process) Output() string { return p.out.String() }

// Ready asks the process for its readiness.
func (p *Process) Ready(ctx context.Context) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Health+"/health/ready", http.NoBody)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, answer.Body.Close()
}

// FreePort finds a loopback address for a server that is to come back at the
// same place: below the ports that outgoing connections take, so that none
// sits there while the server is down. It is no matter of the seed: two runs
// with the same one would take each other's place.
func FreePort(ctx context.Context) (string, error) {
	least := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if n, err := strconv.Atoi(strings.Fields(string(text))[0]); err == nil {
			least = n
		}
	}
	var failure error
	for range 50 {
		address := fmt.Sprintf("127.0.0.1:%d", least-1-rand.IntN(min(10000, least-2000))) //nolint:gosec // no secret
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			return address, listener.Close()
		}
		failure = err
	}
	return "", failure
}

package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a running server. It ends with its context, with this process,
// and with stop, whatever comes first.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	end   syscall.Signal
	lines *bufio.Scanner
}

// endTime is how long a server may take to stop before it is killed.
const endTime = 30 * time.Second

// launch starts a server, as the user with that number if it is not 0. end is
// the signal that stops it in good order.
func launch(ctx context.Context, end syscall.Signal, user uint32, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the peers' own programs
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(end) }
	cmd.WaitDelay = endTime
	// A group of its own: an interrupt from the terminal is this process's to pass on.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: end}
	if user != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: user, Gid: user}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &process{cmd: cmd, stdin: in, end: end, lines: bufio.NewScanner(out)}, nil
}

// await returns what found makes of the first line in which it finds anything,
// and leaves the rest of the output unread by anybody.
func (p *process) await(found func(line string) []string) ([]string, error) {
	for p.lines.Scan() {
		if match := found(p.lines.Text()); match != nil {
			go func() {
				for p.lines.Scan() { // keep the pipe empty
				}
			}()
			return match, nil
		}
	}
	return nil, errors.Join(errors.New("the server ended before it was ready"), p.stop())
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the server in good order.
func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.stdin.Close() // Wait tells what matters
	if err := p.cmd.Process.Signal(p.end); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	killer := time.AfterFunc(endTime, func() { _ = p.cmd.Process.Kill() })
	defer killer.Stop()
	return p.wait()
}

// kill ends the server as a power cut of the process would.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	return p.wait()
}

// wait takes an end by signal for what it is: asked for.
func (p *process) wait() error {
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() { //nolint:misspell // a name of the standard library
			return nil
		}
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

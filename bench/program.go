package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"shiyang/bench/machine"
)

// compile builds the program; cache is a folder for the build cache, or empty
// for the usual one.
func (r *run) compile(binary, cache string) error {
	cmd := exec.CommandContext(r.ctx, "go", "build", "-o", binary, "./cmd/shiyang") //nolint:gosec // our own program
	cmd.Dir = ".."
	cmd.Env = os.Environ()
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	return nil
}

// measureBuild measures what a user's first start costs in compiling.
func (r *run) measureBuild() error {
	cache := filepath.Join(r.dir, "cache")
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before); err != nil {
		return err
	}
	if err := r.compile(filepath.Join(r.dir, "cold"), cache); err != nil {
		return err
	}
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after); err != nil {
		return err
	}
	cpu := seconds(after.Utime) + seconds(after.Stime) - seconds(before.Utime) - seconds(before.Stime)
	r.add(Figure{"build", "go build with an empty build cache", cpu, "CPU s", "≤ 300", nil})
	info, err := os.Stat(filepath.Join(r.dir, "cold"))
	if err != nil {
		return err
	}
	r.add(Figure{"build", "size of the binary", float64(info.Size()) / 1e6, "MB", "", nil})
	return os.RemoveAll(cache)
}

func seconds(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

// program is a running bureau.
type program struct {
	cmd   *exec.Cmd
	url   string
	admin string
	meter string // address of its meters, when it was launched as a demo
	signs map[string]string
	ready time.Duration
}

var (
	portal = regexp.MustCompile(`(http://\S+)  \(API \S+, metrics and health (http://\S+)\)`)
	meters = regexp.MustCompile(`^meters .*: (\S+)$`)
	sign   = regexp.MustCompile(`^  (\S+) +(\S+-\S+-\S+)  `)
)

// launch starts the program on a data folder and waits until it is ready. With
// demo it waits for the printed sign-ins too.
func (r *run) launch(data string, demo bool) (*program, error) {
	args := []string{"--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error", "--demo=" + strconv.FormatBool(demo)}
	p := &program{cmd: exec.CommandContext(r.ctx, r.binary, args...), signs: map[string]string{}} //nolint:gosec // our own program
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := portal.FindStringSubmatch(lines.Text()); found != nil {
			p.url, p.admin = found[1], found[2]
			break
		}
	}
	if p.url == "" {
		return nil, errors.Join(errors.New("the program printed no address"), p.cmd.Wait())
	}
	for {
		if ok, err := p.isReady(r.ctx); ok || err != nil {
			p.ready = time.Since(began)
			if err != nil {
				return nil, err
			}
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	for demo && lines.Scan() {
		if found := meters.FindStringSubmatch(lines.Text()); found != nil {
			p.meter = found[1]
			continue
		}
		if found := sign.FindStringSubmatch(lines.Text()); found != nil {
			p.signs[found[1]] = found[2]
		} else if len(p.signs) > 0 {
			break
		}
	}
	go func() {
		for lines.Scan() { // keep the pipe empty
		}
	}()
	return p, nil
}

func (p *program) isReady(ctx context.Context) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.admin+"/health/ready", nil)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, ctx.Err()
	}
	return response.StatusCode == http.StatusOK, response.Body.Close()
}

// resident is the memory of the process in megabytes.
func (p *program) resident() float64 { return float64(machine.Resident(p.cmd.Process.Pid)) / 1e6 }

func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

func median(list []float64) float64 { return machine.Median(list) }

func quantile(list []float64, q float64) float64 { return machine.Quantile(list, q) }

// timed runs f n times and returns each time in milliseconds.
func timed(n int, f func() error) ([]float64, error) {
	list := make([]float64, n)
	for i := range list {
		began := time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		list[i] = time.Since(began).Seconds() * 1e3
	}
	return list, nil
}

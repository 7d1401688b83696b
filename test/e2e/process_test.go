package e2e_test

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
	"strings"
	"syscall"
	"time"
)

// Files of a script's folder in which its commands tell each other what they
// need to know.
const (
	pidFile   = "pid.txt"
	outFile   = "out.txt"
	urlFile   = "url.txt"
	adminFile = "admin.txt"
	signsFile = "signs.txt"
)

// patience bounds every wait; it is no figure of speed.
const patience = 2 * time.Minute

func work() string { return os.Getenv("WORK") }

func inWork(name string) string { return filepath.Join(work(), name) }

// run turns a command into a program that ends with status 1 on an error.
func run(command func(args []string) error) func() {
	return func() {
		if err := command(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// until waits for a condition.
func until(what string, done func() (bool, error)) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s: %w", what, patience, err)
		}
		<-tick.C
	}
}

var (
	portalLine = regexp.MustCompile(`Shiyang 石羊: (http://\S+)  \(API \S+, metrics and health (http://\S+)\)`)
	signLine   = regexp.MustCompile(`(?m)^  (\S+) +([a-z0-9]{5}(?:-[a-z0-9]{5}){3,}|\S{16,})  \S`)
)

// start starts the program and waits until it is ready and has said all that
// it says once.
func start(args []string) error {
	out, err := os.Create(inWork(outFile))
	if err != nil {
		return err
	}
	args = append([]string{"--data", inWork("data"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "warn"}, args...)
	cmd := exec.CommandContext(context.Background(), "shiyang", args...) //nolint:gosec // the program under test
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(inWork(pidFile), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	expectSigns := !strings.Contains(strings.Join(args, " "), "--demo=false") && !exists(inWork(signsFile))
	return until("start", func() (bool, error) {
		select {
		case err := <-ended:
			content, _ := os.ReadFile(inWork(outFile))
			fmt.Fprintf(os.Stderr, "%s", content)
			os.Exit(max(1, exitCode(err)))
		default:
		}
		return ready(expectSigns)
	})
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return 0
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ready reads what the program printed, and asks it.
func ready(expectSigns bool) (bool, error) {
	content, err := os.ReadFile(inWork(outFile))
	if err != nil {
		return false, err
	}
	found := portalLine.FindSubmatch(content)
	if found == nil {
		return false, errors.New("no address was printed")
	}
	if expectSigns && !strings.Contains(string(content), "Demo bureau") {
		return false, errors.New("no sign-ins were printed")
	}
	response, err := http.Get(string(found[2]) + "/health/ready") //nolint:noctx // bounded by until
	if err != nil {
		return false, err
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("health %d", response.StatusCode)
	}
	err = errors.Join(
		os.WriteFile(inWork(urlFile), found[1], 0o600),
		os.WriteFile(inWork(adminFile), found[2], 0o600),
	)
	var signs strings.Builder
	for _, s := range signLine.FindAllStringSubmatch(string(content), -1) {
		fmt.Fprintf(&signs, "%s %s\n", s[1], s[2])
	}
	if signs.Len() > 0 {
		err = errors.Join(err, os.WriteFile(inWork(signsFile), []byte(signs.String()), 0o600))
	}
	fmt.Printf("%s", content)
	return err == nil, err
}

func stop([]string) error { return end(syscall.SIGTERM) }

func kill([]string) error { return end(syscall.SIGKILL) }

// end signals the program and waits until it is gone.
func end(signal syscall.Signal) error {
	content, err := os.ReadFile(inWork(pidFile))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(string(content))
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return fmt.Errorf("signal: %w", err)
	}
	return until("end", func() (bool, error) {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return true, nil //nolint:nilerr // no such process any more
		}
		// A zombie has ended; whoever started it is gone and cannot wait for it.
		return strings.Contains(string(state), ") Z "), errors.New("still running")
	})
}

// password finds a printed sign-in.
func password(login string) (string, error) {
	file, err := os.Open(inWork(signsFile))
	if err != nil {
		return "", err
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if name, secret, ok := strings.Cut(lines.Text(), " "); ok && name == login {
			return secret, file.Close()
		}
	}
	return "", errors.Join(fmt.Errorf("no sign-in of %s was printed", login), file.Close())
}

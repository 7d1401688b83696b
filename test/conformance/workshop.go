package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// workshop is what a run builds and keeps until its end.
type workshop struct {
	root         string // of the repository
	dir          string // temporary
	program      string // the built shiyang
	dataset      string // the built server of the official suite's data set
	certificates certificates
}

// open builds the program into a temporary folder.
func open(ctx context.Context) (*workshop, error) {
	root, err := command(ctx, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return nil, err
	}
	w := &workshop{root: strings.TrimSpace(root), dir: dir, program: filepath.Join(dir, "shiyang")}
	if _, err := command(ctx, w.root, nil, "go", "build", "-o", w.program, "./cmd/shiyang"); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if w.certificates, err = issue(filepath.Join(dir, "certs")); err != nil {
		return nil, errors.Join(fmt.Errorf("certificates: %w", err), w.close())
	}
	return w, nil
}

func (w *workshop) close() error { return os.RemoveAll(w.dir) }

// command runs a program to its end and returns what it wrote to its output.
func command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the names stand in this package
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	// What it started ends with it, also when it ends badly.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // most often nobody is left
	}
	if err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, problems.String())
	}
	return out.String(), nil
}

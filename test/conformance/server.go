package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"syscall"
)

// The administrator that a server with TLS knows, as the official suite signs
// in, and another user.
const (
	admin    = "admin:" + password
	somebody = "somebody:" + password
	password = "changeit" // of servers that live for a minute on this machine
)

// server is a running event store.
type server struct {
	url     string // with login and certificate
	other   string // name:password of a user who is no administrator; may be empty
	secure  bool
	foreign bool // named by the caller
	stop    func() error
}

var said = regexp.MustCompile(`esdb://([^/?\s]+)`)

// serve starts the program's event store on a free port, with nothing in it.
func (w *workshop) serve(ctx context.Context, secure bool) (*server, error) {
	dir, err := os.MkdirTemp(w.dir, "data")
	if err != nil {
		return nil, err
	}
	settings := append(w.settings(secure), "SHIYANG_DATA="+dir)
	if secure {
		if err := w.users(ctx, settings); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, w.program, "serve", "eventstore") //nolint:gosec // built by this run
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := said.FindStringSubmatch(lines.Text()); found != nil {
			go io.Copy(io.Discard, out) //nolint:errcheck // ends with the process
			return &server{url: w.connection(found[1], secure), other: somebody, secure: secure, stop: stop}, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s serve eventstore said no address", w.program), stop())
}

// connection is the connection string of a server.
func (w *workshop) connection(address string, secure bool) string {
	if !secure {
		return "esdb://" + address + "?tls=false"
	}
	return "esdb://" + admin + "@" + address + "?tls=true&tlsCAFile=" + url.QueryEscape(w.certificates.authority)
}

// settings are the program's settings in its environment.
func (w *workshop) settings(secure bool) []string {
	settings := []string{"SHIYANG_INTERNAL=127.0.0.1:0", "SHIYANG_ADMIN=127.0.0.1:0"}
	if secure {
		settings = append(settings, "SHIYANG_TLS_CERT="+w.certificates.node, "SHIYANG_TLS_KEY="+w.certificates.key,
			"SHIYANG_PASSWORD="+password)
	}
	return settings
}

// users makes the users of a store before it starts.
func (w *workshop) users(ctx context.Context, settings []string) error {
	for _, args := range [][]string{{"admin", "--groups", "$admins"}, {"somebody"}} {
		if _, err := command(ctx, w.dir, settings, w.program, append([]string{"eventstore", "user", "create"}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

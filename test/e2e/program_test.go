package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// program is the whole program, one run after another on the same data, and
// whatever parts of it run alone.
type program struct {
	dir       string            // holds the data folder
	url       string            // of the portal
	admin     string            // of metrics and health
	passwords map[string]string // by sign-in name, as printed once

	running *process
	parts   map[string]*process
}

var (
	portalLine = regexp.MustCompile(`Shiyang 石羊: (http://\S+)  \(API \S+, metrics and health (http://\S+)\)`)
	signLine   = regexp.MustCompile(`(?m)^  ([a-z][a-z0-9]+) +([a-z0-9-]{20,}) +\S`)
	partLine   = regexp.MustCompile(`(?m)^\w+: (\S+)  \((?:metrics and )?health (?:http://)?(\S+)\)$`)
)

// start starts everything in one process and waits until it is ready and has
// said all that it says once.
func (p *program) start(ctx context.Context, args ...string) error {
	if p.running != nil {
		return errors.New("the program runs already")
	}
	signs := p.passwords == nil && !slices.Contains(args, "--demo=false")
	args = append(args, "--data", filepath.Join(p.dir, "data"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	running, err := launch(ctx, nil, args...)
	if err != nil {
		return err
	}
	if err := running.await(func() error { return p.ready(ctx, running.out.String(), signs) }); err != nil {
		return err
	}
	p.running = running
	return nil
}

// ready reads what the program printed and asks it.
func (p *program) ready(ctx context.Context, text string, signs bool) error {
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
	return healthy(ctx, p.admin)
}

// part starts one part alone, with data of its own and settings in its
// environment, and returns its address.
func (p *program) part(ctx context.Context, name string, settings []string, args ...string) (string, error) {
	args = append([]string{
		"serve", name, "--data", filepath.Join(p.dir, name),
		"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--internal", "127.0.0.1:0",
	}, args...)
	running, err := launch(ctx, settings, args...)
	if err != nil {
		return "", err
	}
	var address string
	err = running.await(func() error {
		found := partLine.FindStringSubmatch(running.out.String())
		if found == nil {
			return errors.New("no address was printed")
		}
		address = found[1]
		return healthy(ctx, "http://"+found[2])
	})
	if err != nil {
		return "", err
	}
	if p.parts == nil {
		p.parts = map[string]*process{}
	}
	p.parts[name] = running
	if name == "gateway" {
		p.url = address
	}
	return address, nil
}

// end ends the program, or the part of that name.
func (p *program) end(signal syscall.Signal, name string) error {
	running := p.running
	if name != "" {
		running = p.parts[name]
		delete(p.parts, name)
	} else {
		p.running = nil
	}
	if running == nil {
		return fmt.Errorf("the program %s does not run", name)
	}
	return running.end(signal)
}

// abandon ends what nobody ended.
func (p *program) abandon() {
	// It may have ended by itself: nothing more is wanted.
	if p.running != nil {
		_ = p.running.end(syscall.SIGKILL)
	}
	for _, part := range p.parts {
		_ = part.end(syscall.SIGKILL)
	}
}

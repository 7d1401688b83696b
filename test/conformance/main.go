// Command conformance asks a server of the EventStoreDB protocol whether it is
// one: with the suite of eventstore/storetest, with the official Go client's
// own tests, and with two further clients, the official one's successor and
// the one for Node. Without -url it asks the program of this repository, which
// it builds and starts, without and with TLS.
//
//	make conformance
//	make conformance ESDB_URL='esdb://admin:changeit@host:2113?tls=true' ESDB_USER=name:password
//	make conformance PAGE=docs/conformance.md
//
// It prints a line for each suite and a summary, and ends with status 1 when
// anything failed. Start reading at run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// suite is one of the suites that a server is asked with.
type suite struct {
	name  string
	build func(*workshop, context.Context) error
	run   func(*workshop, context.Context, *server) outcome
}

var suites = []suite{
	{"own suite", (*workshop).buildOwn, (*workshop).runOwn},
	{"official suite", (*workshop).buildOfficial, (*workshop).runOfficial},
	{"KurrentDB-Client-Go", (*workshop).buildKurrent, (*workshop).runKurrent},
	{"Node client", (*workshop).buildNode, (*workshop).runNode},
}

// options are the flags.
type options struct {
	url, user, page, check, only string
}

func main() {
	var o options
	flag.StringVar(&o.url, "url", "", "connection string of the server to ask; empty starts the program's own")
	flag.StringVar(&o.user, "user", "", "name:password of a user of that server who is no administrator")
	flag.StringVar(&o.page, "page", "", "file to write the page of results to")
	flag.StringVar(&o.check, "check", "", "page of results that must say what this run says")
	flag.StringVar(&o.only, "only", "", "run only the suites whose names contain this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	w, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	outcomes := ask(ctx, w, o)
	if len(outcomes) == 0 {
		return fmt.Errorf("no suite is named %q", o.only)
	}
	bad := 0
	for _, one := range outcomes {
		fmt.Printf("%s  (%.0f s)\n", one, one.took.Seconds())
		if !one.good() {
			bad++
			fmt.Println(problems(one))
		}
	}
	fmt.Println(summary(outcomes), time.Since(began).Round(time.Second))
	if o.page != "" || o.check != "" {
		if err := keepPage(o, page(outcomes, describe(o.url))); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("conformance: %d of %d runs failed", bad, len(outcomes))
	}
	return nil
}

// ask runs each suite against each variant: two at a time, or one where all
// share the server that is named.
func ask(ctx context.Context, w *workshop, o options) []outcome {
	chosen := slices.DeleteFunc(slices.Clone(suites), func(s suite) bool { return !strings.Contains(s.name, o.only) })
	variants, atOnce := []bool{false, true}, 2
	if o.url != "" {
		variants, atOnce = []bool{!strings.Contains(o.url, "tls=false")}, 1
	}
	results := make([]outcome, len(chosen)*len(variants))
	var wg sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i, s := range chosen {
		built := sync.OnceValue(func() error { return s.build(w, ctx) })
		for j, secure := range variants {
			wg.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				result := &results[i*len(variants)+j]
				if err := built(); err != nil {
					*result = outcome{err: fmt.Errorf("build: %w", err)}
				} else {
					*result = w.runOn(ctx, s, o, secure)
				}
				result.suite, result.variant = s.name, variant(secure)
			})
		}
	}
	wg.Wait()
	return results
}

func variant(secure bool) string {
	if secure {
		return "TLS"
	}
	return "insecure"
}

// runOn runs a suite against a server of its own, or against the one that is named.
func (w *workshop) runOn(ctx context.Context, s suite, o options, secure bool) outcome {
	target := &server{url: o.url, other: o.user, secure: secure, foreign: true, stop: func() error { return nil }}
	if o.url == "" {
		var err error
		if target, err = w.serve(ctx, secure); err != nil {
			return outcome{err: err}
		}
	}
	began := time.Now()
	result := s.run(w, ctx, target)
	result.took = time.Since(began)
	if err := target.stop(); err != nil {
		result.err = errors.Join(result.err, fmt.Errorf("the server ended badly: %w", err))
	}
	return result
}

// problems tells what an outcome is missing.
func problems(o outcome) string {
	var out []string
	for _, name := range o.named(failed) {
		out = append(out, "  failed: "+name)
	}
	if o.err != nil {
		out = append(out, "  "+o.err.Error())
	}
	return strings.Join(append(out, o.output), "\n")
}

// summary is the last line.
func summary(outcomes []outcome) string {
	counts := map[state]int{}
	excluded, word := 0, "conformance: passed"
	for _, o := range outcomes {
		for _, s := range []state{passed, failed, skipped} {
			counts[s] += o.count(s)
		}
		excluded += o.notApplicable()
		if !o.good() {
			word = "conformance: FAILED"
		}
	}
	return fmt.Sprintf("%s: %d runs, %d tests passed, %d failed, %d skipped, %d not applicable,",
		word, len(outcomes), counts[passed], counts[failed], counts[skipped], excluded)
}

// keepPage writes the page, and compares it with the one that is kept.
func keepPage(o options, text string) error {
	if o.page != "" {
		return os.WriteFile(o.page, []byte(text), 0o644) //nolint:gosec // a page for everybody
	}
	kept, err := os.ReadFile(o.check)
	if err != nil {
		return err
	}
	if timeless(string(kept)) != timeless(text) {
		return fmt.Errorf("%s says something else than this run; write it anew: make conformance PAGE=%s", o.check, o.check)
	}
	return nil
}

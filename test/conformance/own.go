package main

import (
	"context"
	"path/filepath"

	"shiyang/eventstore/storetest"
)

// ownTest is the Go test that runs storetest by URL.
const ownTest = "TestConformanceOfRealServer"

// buildOwn builds the suite of eventstore/storetest.
func (w *workshop) buildOwn(ctx context.Context) error {
	_, err := command(ctx, w.root, nil, "go", "test", "-c", "-o", filepath.Join(w.dir, "own.test"), "./eventstore")
	return err
}

// runOwn runs it. A test's name on the page is that of storetest.
func (w *workshop) runOwn(ctx context.Context, s *server) (o outcome) {
	env := []string{"SHIYANG_TEST_EVENTSTORE=" + s.url, "SHIYANG_TEST_EVENTSTORE_USER=" + s.other}
	o.output, o.err = command(ctx, filepath.Join(w.root, "eventstore"), env,
		filepath.Join(w.dir, "own.test"), "-test.v", "-test.run", "^"+ownTest+"$")
	o.tests = goTests(o.output)
	return o
}

// rowState is what the tests of a row say together; empty when none ran.
func rowState(row storetest.Row, o outcome) state {
	var all state
	for _, name := range row.Tests {
		switch was := o.tests[ownTest+"/"+goName(name)]; was {
		case failed:
			return failed
		case passed:
			all = passed
		default: // it says nothing of such a server
		}
	}
	return all
}

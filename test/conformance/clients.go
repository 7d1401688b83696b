package main

import (
	"context"
	"os"
	"path/filepath"
)

// buildKurrent builds the smoke suite of the successor of the official client.
// Its messages have the names of the official client's, so it lives in a
// module and a process of its own.
func (w *workshop) buildKurrent(ctx context.Context) error {
	_, err := command(ctx, filepath.Join(w.root, "test", "conformance", "kurrentdb"), nil,
		"go", "test", "-c", "-o", filepath.Join(w.dir, "kurrentdb.test"), ".")
	return err
}

func (w *workshop) runKurrent(ctx context.Context, s *server) (o outcome) {
	o.output, o.err = command(ctx, w.dir, []string{"SHIYANG_TEST_EVENTSTORE=" + s.url},
		filepath.Join(w.dir, "kurrentdb.test"), "-test.v", "-test.timeout=2m")
	o.tests = goTests(o.output)
	return o
}

// buildNode installs the client for Node by name, outside the repository.
func (w *workshop) buildNode(ctx context.Context) error {
	to := filepath.Join(w.dir, "node")
	if err := os.CopyFS(to, os.DirFS(filepath.Join(w.root, "test", "conformance", "node"))); err != nil {
		return err
	}
	_, err := command(ctx, to, nil, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--omit=dev", "--ignore-scripts", "--loglevel=error")
	return err
}

func (w *workshop) runNode(ctx context.Context, s *server) (o outcome) {
	o.output, o.err = command(ctx, filepath.Join(w.dir, "node"), []string{"SHIYANG_TEST_EVENTSTORE=" + s.url},
		"node", "--test", "--test-reporter=tap", "smoke.test.mjs")
	o.tests = tapTests(o.output)
	delete(o.tests, "smoke.test.mjs")
	return o
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// profiled runs f while the program records a CPU profile of so many seconds,
// if the run was asked for profiles.
func (r *run) profiled(p *program, name string, seconds int, f func() error) error {
	if r.profile == "" {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- r.fetchProfile(p, name, seconds) }()
	err := f()
	if failed := <-done; failed != nil {
		return failed
	}
	return err
}

func (r *run) fetchProfile(p *program, name string, seconds int) error {
	address := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", p.admin, seconds)
	request, err := http.NewRequestWithContext(r.ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if err := os.MkdirAll(r.profile, 0o755); err != nil { //nolint:gosec // figures
		return err
	}
	return os.WriteFile(filepath.Join(r.profile, name+".pprof"), content, 0o644) //nolint:gosec // figures
}

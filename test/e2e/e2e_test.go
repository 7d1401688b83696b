// Package e2e runs the real program and speaks to it over HTTP, as people and
// programs would. The scripts in testdata are chapters of the user manual:
// each line can be typed, each answer is checked.
//
// The commands of a script:
//
//	start [flags]            start the program in $WORK/data and wait until it is ready
//	stop | kill              end it with SIGTERM, or with SIGKILL
//	as LOGIN                 sign in with the printed password
//	post PATH [field=value]  send a command; field:=json for anything but text
//	get PATH                 read, seeing at least what was just written
//	page PATH                read a page as text
//	attach KIND FILE         upload a file
//	keep NAME field          keep a field of the last answer as $NAME in later paths and values
package e2e_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"shiyang/cmd/shiyang/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"shiyang": cli.Main,
		"start":   run(start), "stop": run(stop), "kill": run(kill), "as": run(as), "post": run(post),
		"get": run(get), "page": run(page), "attach": run(attach), "keep": run(keep),
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			env.Defer(func() { endProcess(env.WorkDir) })
			// A fresh home for whatever the program might look for.
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}

// endProcess kills the program of a script that did not stop it.
func endProcess(dir string) {
	content, err := os.ReadFile(filepath.Join(dir, pidFile)) //nolint:gosec // the script's own folder
	if err != nil {
		return
	}
	if pid, err := strconv.Atoi(string(content)); err == nil {
		if process, err := os.FindProcess(pid); err == nil {
			_ = process.Kill()
		}
	}
}

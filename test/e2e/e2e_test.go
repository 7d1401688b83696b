// Package e2e runs the real program and speaks to it as people and programs
// would: over HTTP, in a real browser, and with kill -9 on the way.
//
// The scripts in testdata are the chapters of the user manual: each line can
// be typed, each answer is checked. Beside what every script knows (exec,
// stdout, stderr, cmp, grep, a leading ! for "this fails"), a chapter uses
// these commands:
//
//	start [flags]              start the program on the data of this chapter and wait until it is ready
//	part NAME [flags]          start one part alone; $NAME is its address then
//	quit | crash [NAME]        end it, or the part, with SIGTERM or with SIGKILL
//	database                   make a fresh PostgreSQL database: $DATABASE
//	as LOGIN [PASSWORD]        sign in, with the password that the program printed if none is given;
//	                           "as nobody" is the public
//	post PATH [field=value]    send a command; field:=json for anything but text,
//	                           -key ID for an id of one's own, -body FILE for a whole body
//	get PATH                   read
//	settle PATH field=value    read until the program has done by itself what it has to
//	page PATH                  read a page as text, without a session
//	attach KIND FILE           upload a file
//	keep NAME field            keep a field of the last answer as $NAME
//	back LOGIN                 go on in the session that LOGIN opened before
//	seat ID                    act in another capacity of the same person
//	flip FILE [BYTE]           change one bit of a file, in its middle or at a byte
//	events | unchanged N       count the events of the log; check that there are N
//
// $URL is the portal's address, $PASSWORD_OF_shouli a password that was printed.
// After every command that changed something, $SEEN is its position in the
// log: ?atLeast=$SEEN in a later address makes the answer wait for it.
// Files of a chapter are at its end; names like $SITE in them are filled in.
// The file "big" holds a body of 2 MiB.
package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"shiyang/cmd/shiyang/cli"
)

// TestMain makes this binary stand for the program too: under the name
// shiyang it is the program, with all its code under the race detector when
// the tests are.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"shiyang": cli.Main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       "testdata",
		Cmds:      commands,
		Condition: condition,
		Setup: func(env *testscript.Env) error {
			c := &chapter{program: &program{dir: env.WorkDir}}
			env.Values[chapterKey] = c
			env.Defer(c.abandon)
			env.Setenv("HOME", env.WorkDir)
			big := append(bytes.Repeat([]byte(" "), 2<<20), `{"reason":"big"}`...)
			if err := os.WriteFile(filepath.Join(env.WorkDir, "big"), big, 0o600); err != nil {
				return err
			}
			return nil
		},
	})
}

// condition knows [postgres]: a database for the chapters that need one.
func condition(name string) (bool, error) {
	return name == "postgres" && os.Getenv("SHIYANG_TEST_POSTGRES") != "", nil
}

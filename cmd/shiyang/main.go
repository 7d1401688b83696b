// Shiyang 石羊 is the case, permit and waste system of an ecology and
// environment bureau, in one binary.
//
//	shiyang                 everything, on an embedded store, with a demo bureau
//	shiyang serve PART      one part alone: permits, audit, gateway, eventstore
//	shiyang init            an empty bureau with its first administrator
//	shiyang import TABLE F  a table of the bureau's own data, through the API
//	shiyang views …         build, rebuild and check the views
package main

import (
	"os"
	"runtime/debug"

	"shiyang/cmd/shiyang/cli"
)

// garbage is how much a heap may grow, in percent, before it is collected
// unless the environment says otherwise (GOGC). Go's own 100 costs a command
// twice the collecting; an idle bureau holds 160 MB with this, and 135 with
// that. Where GOMEMLIMIT is set, it decides first.
const garbage = 200

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	cli.Main()
}

// Shiyang 石羊 is the case, permit and waste system of an ecology and
// environment bureau, in one binary.
//
//	shiyang                 everything, on an embedded store, with a demo bureau
//	shiyang serve PART      one part alone: permits, audit, gateway, eventstore
//	shiyang init            an empty bureau with its first administrator
//	shiyang import TABLE F  a table of the bureau's own data, through the API
//	shiyang views …         build, rebuild and check the views
package main

import "shiyang/cmd/shiyang/cli"

func main() { cli.Main() }

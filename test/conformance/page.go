package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"shiyang/eventstore/storetest"
)

// runMark begins the line of the page that differs from run to run.
const runMark = "Run of "

// timeless is a page without what differs from run to run.
func timeless(page string) string {
	var out []string
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, runMark) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// describe says what was asked, and when.
func describe(url string) string {
	what := "the program of this repository (`shiyang serve eventstore`), built by the run"
	if url != "" {
		what = "the server at " + host(url)
	}
	return fmt.Sprintf("%s%s, %s, %s: %s.", runMark, time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH, what)
}

// page is docs/conformance.md.
func page(outcomes []outcome, described string) string {
	var b strings.Builder
	b.WriteString(`# Does the store behave like an EventStoreDB?

` + "`make conformance`" + ` asks, and ` + "`make conformance PAGE=docs/conformance.md`" + ` writes this page; do not edit it.
`)
	fmt.Fprintf(&b, "\n%s\n", described)
	b.WriteString(`
No server of the vendor was at hand: where this page speaks of "as EventStoreDB does", that is known from the clients and from
reading, not from a run beside it. ` + "`make conformance ESDB_URL=esdb://…`" + ` asks a real cluster the same.

## Counts

| suite | server | passed | failed | skipped | not applicable |
|---|---|---:|---:|---:|---:|
`)
	for _, o := range outcomes {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", o.suite, o.variant, o.count(passed), o.count(failed), o.count(skipped), o.notApplicable())
	}
	b.WriteString(`
- **own suite**: ` + "`eventstore/storetest`" + `, one test or more for each row below, through the official Go client v4.2.0 and the protocol itself.
- **official suite**: the tests that come with that client, unchanged but for the file that starts servers.
- **KurrentDB-Client-Go** v1.1.2 and the **Node client** ` + "`@eventstore/db-client`" + ` 6.2.1: append, read, subscribe, groups, delete, metadata, conflicts.

`)
	notes(&b, outcomes)
	rows(&b, outcomes)
	return b.String()
}

// notes list what was skipped or does not apply, each reason once.
func notes(b *strings.Builder, outcomes []outcome) {
	b.WriteString("## Skipped or not applicable\n\n")
	told := map[string]bool{}
	for _, o := range outcomes {
		for _, name := range o.named(skipped) {
			fmt.Fprintf(b, "- %s, %s: `%s` skips itself.\n", o.suite, o.variant, name)
		}
		for _, e := range o.excluded {
			if !told[e.reason] {
				fmt.Fprintf(b, "- %s: %s (%d): %s.\n", o.suite, e.tests, e.count, e.reason)
			}
			told[e.reason] = true
		}
	}
	b.WriteString(datasetNote)
}

// rows is the checklist with what the own suite found.
func rows(b *strings.Builder, outcomes []outcome) {
	var own []outcome
	for _, o := range outcomes {
		if o.suite == suites[0].name {
			own = append(own, o)
		}
	}
	b.WriteString(`
## The checklist

Known from: **client**, the official client depends on it, so its use shows it; **reading**, it stands in the vendor's published source and
no run has shown it; **own**, what this module wants beyond that. A dash means that the row says nothing of such a server.

| row | a server … | known from |`)
	for _, o := range own {
		fmt.Fprintf(b, " %s |", o.variant)
	}
	b.WriteString(" tests |\n|---|---|---|" + strings.Repeat("---|", len(own)) + "---:|\n")
	for _, row := range storetest.Checklist() {
		fmt.Fprintf(b, "| %s | %s | %s |", row.ID, row.Claim, row.Source)
		for _, o := range own {
			was := string(rowState(row, o))
			if was == "" {
				was = "–"
			}
			fmt.Fprintf(b, " %s |", was)
		}
		fmt.Fprintf(b, " %d |\n", len(row.Tests))
	}
}

// datasetNote says what stands in for the vendor's data set.
const datasetNote = `
The vendor's data set of twenty million bytes is not published as a file. It is built anew from what the official suite expects of it: exact
ids, types, times and positions where the suite looks, made-up events between them. The store numbers events densely, the
vendor's positions are bytes; so a translator between client and server exchanges the numbers one for one. These 13 tests thus
prove form, order, limits, filters and caught-up, not equality with a real server byte for byte.
`

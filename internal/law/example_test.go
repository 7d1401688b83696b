package law_test

import (
	"fmt"

	"shiyang/internal/law"
)

// A permit application of key management was accepted on 16 March 2026; an
// expert review from 1 to 3 April is not counted.
func ExampleBook_Deadline() {
	due, err := law.Embedded().Deadline(law.Ask{
		Period: "permit-decide-key",
		Start:  law.MustParseDate("2026-03-16"),
		Pauses: []law.Span{{From: law.MustParseDate("2026-04-01"), To: law.MustParseDate("2026-04-03"), Reason: "expert_review"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range due.Explain(law.English) {
		fmt.Println(line)
	}
	left := due.Remaining(law.MustParseDate("2026-04-28"))
	fmt.Println(left.Standing, left.WorkingDays)
	// Output:
	// Basis: Regulation on Discharge Permits, Art. 12; Administrative Licensing Law, Art. 82
	// Start: 2026-03-16 acceptance, counted from the next day
	// Period: 30 working days
	// Not counted: 2026-04-01 to 2026-04-03 (expert review), 2 working days
	// Not counted: Qingming 04-04–04-06, weekends
	// Due: Thursday 2026-04-30
	// Other reading: earliest 2026-04-17 (reminders follow it), latest 2026-04-30 (overdue only after it): the text says days; reading them as working days through Art. 82 of the Licensing Law is an interpretation
	// Would move it: time of hearing, test, expert review
	// Calendar: State Council notices 2024-2026
	// doubtful 2
}

// The unified social credit code holds a letter that the alphabet leaves out.
func ExampleCheckUSCC() {
	for _, f := range law.CheckUSCC("91620602MI7X2C8K89") {
		fmt.Println(f.Severity, f.Reason, f.Position, f.En)
	}
	// Output:
	// error USCC_ALPHABET 10 Position 10 is the letter I; credit codes have no I, O, S, V or Z
}

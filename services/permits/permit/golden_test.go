package permit_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

func TestEveryEventEvolves(t *testing.T) {
	estest.EveryEventEvolves[permit.Permit](t, life()...)
	for _, ending := range [][]es.Fact{
		past(openedKey, noticed, submitted, by(ticker, "2026-09-14", &permitsv1.PermitApplicationDeemedAccepted{Accepted: wire("2026-09-08")})),
		past(openedKey, noticed, submitted, by(clerk, "2026-09-09", &permitsv1.PermitFoundNotRequired{Reason: "登记管理"})),
		past(openedKey, noticed, submitted, by(clerk, "2026-09-09", &permitsv1.PermitFoundOutsideAuthority{CompetentAuthority: "金昌市生态环境局"})),
		append(past(openedKey), withdrawn),
		turnedDown,
	} {
		estest.EveryEventEvolves[permit.Permit](t, ending...)
	}
}

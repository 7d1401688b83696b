package page

import (
	"context"
	"fmt"
	"time"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
)

// twoClocks are the places of events on the two lines of time.
type twoClocks struct{ Happened, Recorded []string }

const (
	clockLeft  = 80.0
	clockRight = 1060.0
)

func newClocks(r ReplayRecord) twoClocks {
	var first, last time.Time
	for i, e := range r.Events {
		for _, t := range []time.Time{e.GetOccurredAt().AsTime(), e.GetRecordedAt().AsTime()} {
			if i == 0 || t.Before(first) {
				first = t
			}
			if t.After(last) {
				last = t
			}
		}
	}
	span := last.Sub(first).Seconds()
	if span <= 0 {
		span = 1
	}
	x := func(t time.Time) string {
		return fmt.Sprintf("%.1f", clockLeft+(clockRight-clockLeft)*t.Sub(first).Seconds()/span)
	}
	c := twoClocks{}
	for _, e := range r.Events {
		c.Happened = append(c.Happened, x(e.GetOccurredAt().AsTime()))
		c.Recorded = append(c.Recorded, x(e.GetRecordedAt().AsTime()))
	}
	return c
}

// Issuer names the organ behind a division code.
func Issuer(ctx context.Context, code string) string {
	if code == "" || code == "620600" {
		return words.BureauName.In(ctx)
	}
	return words.IssuerOf.F(ctx, words.BureauName.In(ctx), component.County(ctx, code))
}

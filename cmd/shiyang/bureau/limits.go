package bureau

import (
	"time"

	"shiyang/gateway/limit"
)

// limitSpan is the time over which registrations and sign-ins are counted.
const limitSpan = 10 * time.Minute

// perAddress lets so many through per address.
func (b *Bureau) perAddress(count int64) *limit.Limiter {
	return limit.New(limit.Options{Count: int(count), Span: limitSpan, Now: b.ground.now})
}

package permitlist

import (
	"context"
	"fmt"
)

// Open is a permit whose procedure is not over, as far as its clocks need it.
type Open struct {
	PermitID string
	Facts    Facts
}

// Open returns the next open permits by id, after the given one (empty: from
// the first); fewer than size are the last.
func (q Queries) Open(ctx context.Context, after string, size int) ([]Open, error) {
	rows, err := q.DB.Query(ctx, `SELECT permit_id, facts FROM `+table+` WHERE act <> '' AND permit_id > $1
		ORDER BY permit_id LIMIT $2`, after, size)
	if err != nil {
		return nil, fmt.Errorf("open permits: %w", err)
	}
	facts, ids, err := scanFacts(rows)
	if err != nil {
		return nil, fmt.Errorf("open permits: %w", err)
	}
	open := make([]Open, len(ids))
	for i, id := range ids {
		open[i] = Open{id, facts[i]}
	}
	return open, nil
}

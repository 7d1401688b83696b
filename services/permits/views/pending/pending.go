// Package pending is the read model of what a crash can leave behind: sites
// reserved for an application that was never opened, and numbers drawn for a
// document that was never written. The ticker empties it.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package pending

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
)

// Name of the view, for waiting readers.
const Name = "permit_pending"

const (
	keys    = "permit_pending_key_v1"
	numbers = "permit_pending_number_v1"
)

// Projection is the view. It keeps what belongs to holders whose stream begins
// with one of the categories, such as "permit".
func Projection(categories ...string) readmodel.Projection {
	v := view{categories}
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{keys, numbers},
		Schema: []string{
			`CREATE TABLE ` + keys + ` (reservation_id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
				holder TEXT NOT NULL, reserved_at TEXT NOT NULL)`,
			`CREATE TABLE ` + numbers + ` (stream TEXT NOT NULL, serial BIGINT NOT NULL, organ TEXT NOT NULL, type TEXT NOT NULL,
				year INTEGER NOT NULL, holder TEXT NOT NULL, reserved_at TEXT NOT NULL, PRIMARY KEY (stream, serial))`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(v.onReserved), readmodel.On(onConfirmed), readmodel.On(onReleased),
			readmodel.On(v.onNumbers), readmodel.On(onUsed), readmodel.On(onVoided),
		},
	}
}

type view struct{ categories []string }

func (v view) ours(holder string) bool {
	category, _, _ := strings.Cut(holder, "-")
	for _, c := range v.categories {
		if c == category {
			return true
		}
	}
	return false
}

func (v view) onReserved(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *commonv1.KeyReserved) error {
	if !v.ours(e.GetHolder()) {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+keys+` (reservation_id, kind, key, holder, reserved_at) VALUES ($1, $2, $3, $4, $5)`,
		e.GetReservationId(), e.GetKind(), e.GetKey(), e.GetHolder(), stamp(fact.Meta.RecordedAt))
	return err
}

func onConfirmed(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *commonv1.KeyReservationConfirmed) error {
	return drop(ctx, tx, e.GetReservationId())
}

func onReleased(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *commonv1.KeyReservationReleased) error {
	return drop(ctx, tx, e.GetReservationId())
}

func drop(ctx context.Context, tx readmodel.Tx, reservation string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM `+keys+` WHERE reservation_id = $1`, reservation)
	return err
}

func (v view) onNumbers(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *commonv1.NumbersReserved) error {
	for _, r := range e.GetReservations() {
		if !v.ours(r.GetHolder()) {
			continue
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO `+numbers+` (stream, serial, organ, type, year, holder, reserved_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, fact.Stream, r.GetSerial(), e.GetOrgan(), e.GetType(), e.GetYear(),
			r.GetHolder(), stamp(fact.Meta.RecordedAt))
		if err != nil {
			return err
		}
	}
	return nil
}

func onUsed(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *commonv1.NumberUsed) error {
	return end(ctx, tx, fact, e.GetSerial())
}

func onVoided(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *commonv1.NumberVoided) error {
	return end(ctx, tx, fact, e.GetSerial())
}

func end(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, serial int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM `+numbers+` WHERE stream = $1 AND serial = $2`, fact.Stream, serial)
	return err
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// Reservation is a key that nobody confirmed or released yet.
type Reservation struct{ ID, Kind, Key, Holder string }

// Series is a series of numbers in which one waits too long.
type Series struct {
	Organ, Type string
	Year        int
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Reservations lists keys reserved before an instant, at most 1,000.
func (q Queries) Reservations(ctx context.Context, before time.Time) (found []Reservation, err error) {
	rows, err := q.DB.Query(ctx, `SELECT reservation_id, kind, key, holder FROM `+keys+`
		WHERE reserved_at < $1 ORDER BY reserved_at, reservation_id LIMIT 1000`, stamp(before))
	if err != nil {
		return nil, fmt.Errorf("list pending keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Reservation
		if err := rows.Scan(&r.ID, &r.Kind, &r.Key, &r.Holder); err != nil {
			return nil, fmt.Errorf("list pending keys: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// Series lists the series that hold numbers drawn before an instant and
// neither used nor voided.
func (q Queries) Series(ctx context.Context, before time.Time) (found []Series, err error) {
	rows, err := q.DB.Query(ctx, `SELECT DISTINCT organ, type, year FROM `+numbers+` WHERE reserved_at < $1
		ORDER BY organ, type, year`, stamp(before))
	if err != nil {
		return nil, fmt.Errorf("list pending numbers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s Series
		if err := rows.Scan(&s.Organ, &s.Type, &s.Year); err != nil {
			return nil, fmt.Errorf("list pending numbers: %w", err)
		}
		found = append(found, s)
	}
	return found, rows.Err()
}

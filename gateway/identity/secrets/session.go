package secrets

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// seenEvery is how often a session in use is written: less than once a minute
// costs nothing and shortens the idle time by at most as much.
const seenEvery = time.Minute

// Session 会话 is a signed-in browser or program.
type Session struct {
	AccountID string
	SeatID    string    // capacity in use; empty if none
	Expires   time.Time // at the latest, however busy
}

// OpenSession opens a session and returns its token: 256 random bits of which
// only a hash is kept.
func (s *Store) OpenSession(ctx context.Context, accountID, seatID string) (string, Session, error) {
	return s.open(ctx, s.db, accountID, seatID, s.now())
}

// execer is what both a database and a transaction can do.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s *Store) open(ctx context.Context, db execer, accountID, seatID string, opened int64) (string, Session, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(random)
	if _, err := db.ExecContext(ctx, `INSERT INTO session (token_hash, account_id, seat_id, opened_at, seen_at)
		VALUES ($1, $2, $3, $4, $5)`, tokenHash(token), accountID, seatID, opened, s.now()); err != nil {
		return "", Session{}, fmt.Errorf("open session: %w", err)
	}
	return token, s.session(accountID, seatID, opened), nil
}

func (s *Store) session(accountID, seatID string, opened int64) Session {
	return Session{AccountID: accountID, SeatID: seatID, Expires: time.UnixMilli(opened).Add(s.o.Absolute).UTC()}
}

// FindSession returns the session of a token and marks it as in use; ok is
// false if there is none or it has ended. What another process did to the
// session may be seen two seconds late.
func (s *Store) FindSession(ctx context.Context, token string) (found Session, ok bool, err error) {
	hash := tokenHash(token)
	r, ok, err := s.lookUp(ctx, hash)
	if err != nil || !ok {
		return Session{}, false, err
	}
	now := s.now()
	if now-r.opened >= s.o.Absolute.Milliseconds() || now-r.seen >= s.o.Idle.Milliseconds() {
		return Session{}, false, s.CloseSession(ctx, token)
	}
	if now-r.seen >= min(seenEvery, s.o.Idle/4).Milliseconds() {
		if _, err := s.db.ExecContext(ctx, `UPDATE session SET seen_at = $2 WHERE token_hash = $1`, hash, now); err != nil {
			return Session{}, false, fmt.Errorf("mark session: %w", err)
		}
		s.recent.forget(func(other string, _ row) bool { return other == hash })
	}
	return s.session(r.account, r.seat, r.opened), true, nil
}

// lookUp finds a session's row in memory or in the database.
func (s *Store) lookUp(ctx context.Context, hash string) (r row, ok bool, err error) {
	r, changes, ok := s.recent.get(hash)
	if ok {
		return r, true, nil
	}
	began := time.Now()
	err = s.db.QueryRowContext(ctx, `SELECT account_id, seat_id, opened_at, seen_at FROM session WHERE token_hash = $1`, hash).
		Scan(&r.account, &r.seat, &r.opened, &r.seen)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, false, nil
	}
	if err != nil {
		return row{}, false, fmt.Errorf("find session: %w", err)
	}
	s.recent.put(hash, r, began, changes)
	return r, true, nil
}

// Rotate replaces a session by one in another capacity under a new token; the
// absolute end stays. ok is false if the session has ended.
func (s *Store) Rotate(ctx context.Context, token, seatID string) (fresh string, session Session, ok bool, err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return "", Session{}, false, fmt.Errorf("rotate session: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	var accountID string
	var opened int64
	err = tx.QueryRowContext(ctx, `DELETE FROM session WHERE token_hash = $1 RETURNING account_id, opened_at`, tokenHash(token)).
		Scan(&accountID, &opened)
	if errors.Is(err, sql.ErrNoRows) {
		return "", Session{}, false, nil
	}
	if err != nil {
		return "", Session{}, false, fmt.Errorf("rotate session: %w", err)
	}
	fresh, session, err = s.open(ctx, tx, accountID, seatID, opened)
	if err != nil {
		return "", Session{}, false, err
	}
	if err := tx.Commit(); err != nil {
		return "", Session{}, false, fmt.Errorf("rotate session: %w", err)
	}
	old := tokenHash(token)
	s.recent.forget(func(hash string, _ row) bool { return hash == old })
	return fresh, session, true, nil
}

// CloseSession ends a session; ending it twice is no error.
func (s *Store) CloseSession(ctx context.Context, token string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE token_hash = $1`, tokenHash(token)); err != nil {
		return fmt.Errorf("close session: %w", err)
	}
	hash := tokenHash(token)
	s.recent.forget(func(other string, _ row) bool { return other == hash })
	return nil
}

// CloseSessions ends all sessions of an account, or with a seat only those in
// this capacity.
func (s *Store) CloseSessions(ctx context.Context, accountID, seatID string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM session WHERE account_id = $1 AND ($2 = '' OR seat_id = $2)`,
		accountID, seatID); err != nil {
		return fmt.Errorf("close sessions: %w", err)
	}
	s.recent.forget(func(_ string, r row) bool { return r.account == accountID && (seatID == "" || r.seat == seatID) })
	return nil
}

// Sweep removes sessions that have ended and counters that are forgotten, and
// returns how many rows went. A ticker calls it.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	now := s.now()
	gone := int64(0)
	for query, before := range map[string]int64{
		`DELETE FROM session WHERE opened_at <= $1`:                      now - s.o.Absolute.Milliseconds(),
		`DELETE FROM session WHERE seen_at <= $1`:                        now - s.o.Idle.Milliseconds(),
		`DELETE FROM attempt WHERE last_at <= $1 AND locked_until <= $1`: now - longestLock.Milliseconds(),
	} {
		result, err := s.db.ExecContext(ctx, query, before)
		if err != nil {
			return int(gone), fmt.Errorf("sweep secrets: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return int(gone), fmt.Errorf("sweep secrets: %w", err)
		}
		gone += n
	}
	return int(gone), nil
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

package secrets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"shiyang/internal/problem"
)

// longestLock is where the growing lock-out stops, and how long a subject must
// be quiet until its failures are forgotten.
const longestLock = time.Hour

// ErrLockedOut refuses attempts for a while after too many failures.
var ErrLockedOut = &problem.Error{
	Kind: problem.TooMany, Reason: "TOO_MANY_ATTEMPTS",
	Text: problem.Text{Zh: "尝试次数过多，请稍后再试。", En: "Too many attempts. Try again later."},
}

// Verify checks the password of an account for somebody at an address. login
// counts the attempts of names that exist and of those that do not alike;
// accountID is empty if there is no such account. Every attempt is counted
// before the password is looked at, so that many at once gain nothing; a right
// password takes its count back.
func (s *Store) Verify(ctx context.Context, login, accountID, password, ip string) error {
	subjects := []string{subject("login", login)}
	if ip != "" {
		subjects = append(subjects, subject("ip", ip))
	}
	for _, sub := range subjects {
		if err := s.count(ctx, sub); err != nil {
			return err
		}
	}
	ok, err := s.Matches(ctx, accountID, password)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	return s.forgive(ctx, subjects)
}

// count refuses a locked subject and counts the attempt otherwise.
func (s *Store) count(ctx context.Context, subject string) error {
	now := s.now()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	if _, err := tx.ExecContext(ctx, `INSERT INTO attempt (subject, failures, last_at, locked_until)
		VALUES ($1, 0, $2, 0) ON CONFLICT (subject) DO UPDATE SET subject = excluded.subject`, subject, now); err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	var failures, last, until int64
	err = tx.QueryRowContext(ctx, `SELECT failures, last_at, locked_until FROM attempt WHERE subject = $1`, subject).
		Scan(&failures, &last, &until)
	if err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if now < until {
		return lockedFor(time.Duration(until-now) * time.Millisecond)
	}
	if now-last > longestLock.Milliseconds() {
		failures = 0
	}
	failures++
	until = 0
	if over := failures - int64(s.o.Failures); over >= 0 {
		until = now + min(s.o.LockOut<<min(over, 10), longestLock).Milliseconds()
	}
	if _, err := tx.ExecContext(ctx, `UPDATE attempt SET failures = $2, last_at = $3, locked_until = $4 WHERE subject = $1`,
		subject, failures, now, until); err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("count attempt: %w", err)
	}
	return nil
}

// forgive takes back the attempt of a right password: the account starts
// anew, the address only loses this one attempt, so that nobody clears it by
// signing in to an account of their own between guesses.
func (s *Store) forgive(ctx context.Context, subjects []string) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM attempt WHERE subject = $1`, subjects[0]); err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	for _, sub := range subjects[1:] {
		if _, err := s.db.ExecContext(ctx, `UPDATE attempt SET failures = failures - 1,
			locked_until = CASE WHEN failures - 1 < $2 THEN 0 ELSE locked_until END
			WHERE subject = $1 AND failures > 0`, sub, s.o.Failures); err != nil {
			return fmt.Errorf("forget attempts: %w", err)
		}
	}
	return nil
}

// Pardon ends the lock-out of a sign-in name whose password was set anew.
func (s *Store) Pardon(ctx context.Context, login string) error {
	return s.forgive(ctx, []string{subject("login", login)})
}

func lockedFor(d time.Duration) error {
	minutes := int((d + time.Minute - 1) / time.Minute)
	refused := ErrLockedOut.With(
		fmt.Sprintf("尝试次数过多，请 %d 分钟后再试。", minutes),
		fmt.Sprintf("Too many attempts. Try again in %d minute(s).", minutes))
	refused.Wait = int((d + time.Second - 1) / time.Second)
	return refused
}

// subject is the key of a counter; the address of a person is not kept in
// plain.
func subject(kind, value string) string {
	sum := sha256.Sum256([]byte(kind + ":" + value))
	return kind + ":" + hex.EncodeToString(sum[:16])
}

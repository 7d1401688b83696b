package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/directory"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// Session 会话 is what a browser or program holds after sign-in.
type Session struct {
	Token   string    // 256 random bits; only a hash is kept
	Expires time.Time // at the latest
	SeatID  string    // capacity in use; empty if the account has none
}

// ErrSeat refuses a capacity that the account does not hold.
var ErrSeat = &problem.Error{
	Kind: problem.Forbidden, Reason: "NOT_YOUR_SEAT",
	Text: problem.Text{
		Zh: "您没有这个身份，或它已被收回、到期，请重新选择。",
		En: "You do not hold this capacity, or it was revoked or has expired. Choose another.",
	},
}

// SignIn opens a session in the account's first seat. A wrong name, a wrong
// password and an ended account answer alike and take equally long; too many
// attempts for a name or from an address lock it for a growing time.
func (s *Service) SignIn(ctx context.Context, login, password, ip string) (Session, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	id, a, err := s.byLogin(ctx, login)
	if err != nil {
		return Session{}, err
	}
	known := id
	if !a.Active() {
		known = "" // as if there were none
	}
	if err := s.secrets.Verify(ctx, login, known, password, ip); err != nil {
		return Session{}, err
	}
	seats, err := s.seats(ctx, id, a)
	if err != nil {
		return Session{}, err
	}
	seatID := ""
	if len(seats) > 0 {
		seatID = seats[0].GetSeatId()
	}
	token, opened, err := s.secrets.OpenSession(ctx, id, seatID)
	if err != nil {
		return Session{}, err
	}
	return Session{Token: token, Expires: opened.Expires, SeatID: seatID}, nil
}

// byLogin finds an account by the reservation of its sign-in name.
func (s *Service) byLogin(ctx context.Context, login string) (string, account.Account, error) {
	holder, _, err := s.keys.Holder(ctx, directory.LoginKey, login)
	if err != nil {
		return "", account.Account{}, fmt.Errorf("find login: %w", err)
	}
	_, id, ok := es.SplitStream(holder)
	if !ok {
		return "", account.Account{}, nil
	}
	a, _, err := s.accounts.Load(ctx, id)
	if err != nil {
		return "", account.Account{}, fmt.Errorf("load account: %w", err)
	}
	return id, a, nil
}

// SwitchSeat changes the capacity of a session; the token changes with it and
// the old one ends.
func (s *Service) SwitchSeat(ctx context.Context, token, seatID string) (Session, error) {
	session, a, err := s.find(ctx, token)
	if err != nil {
		return Session{}, err
	}
	_, holds, err := s.occupy(ctx, session.AccountID, a, seatID)
	if err != nil {
		return Session{}, err
	}
	if !holds {
		return Session{}, ErrSeat
	}
	fresh, opened, ok, err := s.secrets.Rotate(ctx, token, seatID)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, rpc.ErrSignIn
	}
	return Session{Token: fresh, Expires: opened.Expires, SeatID: seatID}, nil
}

// SignOut ends a session; ending it twice is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.secrets.CloseSession(ctx, token)
}

// Actor turns a session into authority: who acts, and a token that proves it
// to the services for two minutes. Account and seat are checked against the
// aggregates each time (what another process recorded counts within two
// seconds); a session whose account was ended or whose seat was
// revoked or has expired ends here.
func (s *Service) Actor(ctx context.Context, token string) (rpc.Caller, string, error) {
	session, a, err := s.find(ctx, token)
	if err != nil {
		return rpc.Caller{}, "", err
	}
	actor, holds, err := s.occupy(ctx, session.AccountID, a, session.SeatID)
	if err != nil {
		return rpc.Caller{}, "", err
	}
	if !holds {
		if err := s.secrets.CloseSession(ctx, token); err != nil {
			return rpc.Caller{}, "", err
		}
		return rpc.Caller{}, "", rpc.ErrSignIn
	}
	signed, err := s.tokens.Issue(actor)
	if err != nil {
		return rpc.Caller{}, "", err
	}
	return rpc.Caller{Actor: actor}, signed, nil
}

// find returns a living session of an account in use.
func (s *Service) find(ctx context.Context, token string) (secrets.Session, account.Account, error) {
	session, ok, err := s.secrets.FindSession(ctx, token)
	if err != nil {
		return session, account.Account{}, err
	}
	if !ok {
		return session, account.Account{}, rpc.ErrSignIn
	}
	a, err := s.accountNow(ctx, session.AccountID)
	if err != nil {
		return session, a, fmt.Errorf("load account of session: %w", err)
	}
	if !a.Active() {
		if err := s.secrets.CloseSessions(ctx, session.AccountID, ""); err != nil {
			return session, a, err
		}
		return session, a, rpc.ErrSignIn
	}
	return session, a, nil
}

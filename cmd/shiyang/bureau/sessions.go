package bureau

import (
	"context"

	"shiyang/gateway/api"
	"shiyang/gateway/identity"
	"shiyang/gateway/limit"
	"shiyang/gateway/web"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

// apiSessions shows the identity service to the API. Sign-ins are counted by
// address.
type apiSessions struct {
	*identity.Service
	signIns *limit.Limiter
}

var _ api.Sessions = apiSessions{}

// SignIn implements [api.Sessions].
func (s apiSessions) SignIn(ctx context.Context, login, password, ip string) (api.Session, error) {
	if err := s.signIns.Take(ip); err != nil {
		return api.Session{}, err
	}
	opened, err := s.Service.SignIn(ctx, login, password, ip)
	return api.Session(opened), err
}

// SwitchSeat implements [api.Sessions].
func (s apiSessions) SwitchSeat(ctx context.Context, token, seatID string) (api.Session, error) {
	opened, err := s.Service.SwitchSeat(ctx, token, seatID)
	return api.Session(opened), err
}

// webSessions shows the identity service to the pages. The names of the
// person come from the service's own answer to "who am I". Sign-ins are
// counted by address.
type webSessions struct {
	identity *identity.Service
	client   identityv1.IdentityServiceClient
	signIns  *limit.Limiter
}

var _ web.Sessions = webSessions{}

// SignIn implements [web.Sessions].
func (s webSessions) SignIn(ctx context.Context, login, password, remote string) (web.Opened, error) {
	if err := s.signIns.Take(remote); err != nil {
		return web.Opened{}, err
	}
	opened, err := s.identity.SignIn(ctx, login, password, remote)
	return web.Opened{ID: opened.Token, Expires: opened.Expires}, err
}

// SwitchSeat implements [web.Sessions].
func (s webSessions) SwitchSeat(ctx context.Context, id, seatID string) (web.Opened, error) {
	opened, err := s.identity.SwitchSeat(ctx, id, seatID)
	return web.Opened{ID: opened.Token, Expires: opened.Expires}, err
}

// SignOut implements [web.Sessions].
func (s webSessions) SignOut(ctx context.Context, id string) error {
	return s.identity.SignOut(ctx, id)
}

// Session implements [web.Sessions].
func (s webSessions) Session(ctx context.Context, id string) (web.Session, error) {
	caller, token, err := s.identity.Actor(ctx, id)
	if err != nil {
		return web.Session{}, err
	}
	me, err := s.client.GetMe(rpc.WithCaller(ctx, caller, token), &identityv1.GetMeRequest{})
	if err != nil {
		return web.Session{}, err
	}
	return web.Session{
		Account: me.GetAccountId(), Login: me.GetLogin(), Name: me.GetPerson().GetName(),
		Seats: me.GetSeats(), Seat: me.GetSeatId(), Token: token,
	}, nil
}

package identity

import (
	"context"
	"errors"
	"time"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/directory"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// ErrBootstrapped refuses a second first administrator.
var ErrBootstrapped = &problem.Error{
	Kind: problem.Rejected, Reason: "ALREADY_INITIALISED",
	Text: problem.Text{
		Zh: "系统管理员已经存在，请由其登记其他人员。",
		En: "There is a system administrator already. Let him register the others.",
	},
}

// Bootstrap makes the first system administrator and returns his generated
// password, which is shown nowhere else. There is one such account in the life
// of an installation: its id is fixed, so that two calls at once make one. A
// call that broke off before the password was kept may be repeated.
func (s *Service) Bootstrap(ctx context.Context, login string, person *commonv1.Person) (password string, err error) {
	id := es.DerivedID("identity", "first administrator")
	a, _, err := s.accounts.Load(ctx, id)
	if err != nil {
		return "", err
	}
	set, err := s.secrets.SetBy(ctx, id, id)
	if err != nil {
		return "", err
	}
	if a.Registered() && (set || len(a.Duties) > 0) {
		return "", ErrBootstrapped
	}
	subject := &commonv1.Person{Id: id, Name: person.GetName(), Phone: person.GetPhone()}
	password = secrets.GeneratePassword()
	request := &identityv1.RegisterAccountRequest{Login: login, Password: password, Person: subject}
	if err := errors.Join(rpc.Validate(request), checkRegistration(login, password, subject)); err != nil {
		return "", err
	}
	hash, err := rpc.CommandHash(identityv1.IdentityService_RegisterAccount_FullMethodName, request)
	if err != nil {
		return "", err
	}
	meta := es.Meta{
		CommandID: id, CorrelationID: id, CommandHash: hash, Client: "init",
		Actor: rpc.Actor{ID: "system:init", Role: string(rpc.System)},
	}
	if _, err := s.register(ctx, meta, login, password, subject); err != nil {
		return "", err
	}
	if ours, err := s.secrets.Matches(ctx, id, password); err != nil || !ours {
		return "", errors.Join(err, ErrBootstrapped) // another call was first
	}
	meta.CausationID, meta.CommandID = id, es.DerivedID("identity", "first duty")
	_, err = s.accounts.Execute(ctx, id, meta, account.Grant{
		Account: id, By: meta.Actor.ID, Reason: "first administrator",
		Duty: account.Duty{Role: string(rpc.SystemAdmin), County: "620600"},
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// Reactions complete what a broken-off command left half done: an approved
// application makes its applicant a member.
func (s *Service) Reactions() []readmodel.Reaction {
	const name = "identity_admission"
	return []readmodel.Reaction{{Name: name, Handlers: []readmodel.Trigger{
		readmodel.When(func(ctx context.Context, f readmodel.Fact, _ *identityv1.FirmApplicationApproved) error {
			id := readmodel.DerivedID(name, f.EventID)
			_, err := s.admit(ctx, es.Meta{
				CommandID: id, CorrelationID: f.Meta.CorrelationID, CausationID: f.EventID, Client: "reaction",
				Actor: rpc.Actor{ID: "system:" + name, Role: string(rpc.System)},
			}, f.ID)
			if refused(err) {
				return nil // the applicant may no longer become a member
			}
			return err
		}),
	}}}
}

// Jobs remove sessions that have ended, and settle sign-in names that a
// registration took and never used.
func (s *Service) Jobs() []readmodel.Job {
	return []readmodel.Job{
		{Name: "identity_sessions", Run: func(ctx context.Context, _ time.Time) (int, error) { return s.secrets.Sweep(ctx) }},
		{Name: "identity_logins", Run: s.settleLogins},
	}
}

func (s *Service) settleLogins(ctx context.Context, now time.Time) (int, error) {
	pending, err := s.directory.Pending(ctx, now.Add(-reserve.MinAge))
	if err != nil {
		return 0, err
	}
	did := 0
	for _, p := range pending {
		id := es.DerivedID("identity_logins", p.ReservationID)
		outcome, err := s.keys.Resolve(ctx, es.Meta{
			CommandID: id, CorrelationID: id, Client: "ticker",
			Actor: rpc.Actor{ID: "system:identity_logins", Role: string(rpc.System)},
		}, directory.LoginKey, p.Login, p.ReservationID)
		if err != nil {
			return did, err
		}
		if outcome == reserve.Kept || outcome == reserve.GivenUp {
			did++
		}
	}
	return did, nil
}

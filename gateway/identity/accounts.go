package identity

import (
	"context"
	"errors"
	"fmt"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/directory"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// errOldPassword answers a change of password with the wrong old one.
var errOldPassword = problem.ErrInvalid.WithErrors(problem.Field{
	Path: "oldPassword", Reason: "WRONG_PASSWORD",
	Text: problem.Text{Zh: "原密码不正确，请重填。", En: "The old password is wrong. Enter it again."},
})

// RegisterAccount makes an account: by a person for himself, or by the system
// administrator for a member of the bureau. It has no rights yet.
func (s *Service) RegisterAccount(ctx context.Context, r *identityv1.RegisterAccountRequest) (*identityv1.RegisterAccountResponse, error) {
	if _, _, err := s.present(ctx); err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	person := &commonv1.Person{Id: meta.CommandID, Name: r.GetPerson().GetName(), Phone: r.GetPerson().GetPhone()}
	if err := checkRegistration(r.GetLogin(), r.GetPassword(), person); err != nil {
		return nil, err
	}
	done, err := s.register(ctx, meta, r.GetLogin(), r.GetPassword(), person)
	if err != nil {
		return nil, err
	}
	return &identityv1.RegisterAccountResponse{Receipt: receipt(done)}, nil
}

// checkRegistration collects what is wrong with person and password.
func checkRegistration(login, password string, person *commonv1.Person) error {
	var wrong problem.Fields
	if p, ok := errors.AsType[*problem.Error](rpc.Validate(person)); ok {
		for _, f := range p.Errors {
			f.Path = "person." + f.Path
			wrong = append(wrong, f)
		}
	}
	if p, ok := errors.AsType[*problem.Error](secrets.CheckPassword("password", password, login, person.GetName(), person.GetPhone())); ok {
		wrong = append(wrong, p.Errors...)
	}
	return wrong.Err()
}

// register takes the sign-in name, then makes the account, then keeps the
// password, then makes the name lasting. Each step may be repeated; a command
// that broke off is completed by sending it again. The account's id is the
// command's id.
func (s *Service) register(ctx context.Context, meta es.Meta, login, password string, person *commonv1.Person) (es.Receipt, error) {
	id := meta.CommandID
	done, err := s.keys.Hold(ctx, meta, directory.LoginKey, login, es.StreamName(account.Category, id),
		func(ctx context.Context) (es.Receipt, error) {
			done, err := s.accounts.Execute(ctx, id, meta, account.Register{
				Event: &identityv1.AccountRegistered{Login: login, Person: person},
			})
			if err != nil {
				return done, err
			}
			return done, s.secrets.SetFirst(ctx, id, password, meta.CommandID)
		})
	if errors.Is(err, reserve.ErrTaken) {
		var wrong problem.Fields
		wrong.Add("login", login, "LOGIN_TAKEN", "这个登录名已被使用，请换一个。", "This sign-in name is taken. Choose another.")
		return es.Receipt{}, wrong.Err()
	}
	return done, err
}

// GrantStaffRole gives a member of the bureau a role in a county.
func (s *Service) GrantStaffRole(ctx context.Context, r *identityv1.GrantStaffRoleRequest) (*identityv1.GrantStaffRoleResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	acts, err := s.actsForFirm(ctx, r.GetAccountId())
	if err != nil {
		return nil, err
	}
	done, err := s.accounts.Execute(ctx, r.GetAccountId(), meta, account.Grant{
		Account: r.GetAccountId(), By: caller.Actor.ID, Reason: r.GetReason(), ActsForFirm: acts,
		Duty: account.Duty{Role: r.GetRole(), County: r.GetCounty()},
	})
	if err != nil {
		return nil, err
	}
	return &identityv1.GrantStaffRoleResponse{Receipt: receipt(done)}, nil
}

// actsForFirm reports whether an account is an active member of a firm.
func (s *Service) actsForFirm(ctx context.Context, accountID string) (bool, error) {
	firms, err := s.directory.FirmsOf(ctx, accountID)
	if err != nil {
		return false, err
	}
	for _, id := range firms {
		f, _, err := s.firms.Load(ctx, id)
		if err != nil {
			return false, fmt.Errorf("load firm: %w", err)
		}
		if f.Members[accountID].Active(s.today()) {
			return true, nil
		}
	}
	return false, nil
}

// RevokeStaffRole takes a role away and ends the sessions that use it.
func (s *Service) RevokeStaffRole(ctx context.Context, r *identityv1.RevokeStaffRoleRequest) (*identityv1.RevokeStaffRoleResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	done, err := s.accounts.Execute(ctx, r.GetAccountId(), meta, account.Revoke{
		Account: r.GetAccountId(), By: caller.Actor.ID, Reason: r.GetReason(),
		Duty: account.Duty{Role: r.GetRole(), County: r.GetCounty()},
	})
	if err != nil {
		return nil, err
	}
	if err := s.secrets.CloseSessions(ctx, r.GetAccountId(), dutySeat(r.GetRole(), r.GetCounty())); err != nil {
		return nil, err
	}
	return &identityv1.RevokeStaffRoleResponse{Receipt: receipt(done)}, nil
}

// DisableAccount ends an account and all its sessions at once.
func (s *Service) DisableAccount(ctx context.Context, r *identityv1.DisableAccountRequest) (*identityv1.DisableAccountResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	done, err := s.accounts.Execute(ctx, r.GetAccountId(), meta,
		account.Disable{Account: r.GetAccountId(), By: caller.Actor.ID, Reason: r.GetReason()})
	if err != nil {
		return nil, err
	}
	if err := s.secrets.CloseSessions(ctx, r.GetAccountId(), ""); err != nil {
		return nil, err
	}
	return &identityv1.DisableAccountResponse{Receipt: receipt(done)}, nil
}

// ChangePassword changes the caller's own password and ends all sessions of
// the account: whoever knew the old one is out. Guesses of the old password
// count like failed sign-ins.
func (s *Service) ChangePassword(ctx context.Context, r *identityv1.ChangePasswordRequest) (*identityv1.ChangePasswordResponse, error) {
	caller, a, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	if err := secrets.CheckPassword("newPassword", r.GetNewPassword(), a.Login, a.Name, a.Phone); err != nil {
		return nil, err
	}
	id := caller.Actor.ID
	set, err := s.secrets.SetBy(ctx, id, meta.CommandID)
	if err != nil {
		return nil, err
	}
	if !set { // else this command was here before and broke off
		switch err := s.secrets.Verify(ctx, a.Login, id, r.GetOldPassword(), ""); {
		case errors.Is(err, secrets.ErrWrongPassword):
			return nil, errOldPassword
		case err != nil:
			return nil, err
		}
		if err := s.secrets.Replace(ctx, id, r.GetNewPassword(), meta.CommandID); err != nil {
			return nil, err
		}
	}
	done, err := s.accounts.Execute(ctx, id, meta, account.ChangePassword{})
	if err != nil {
		return nil, err
	}
	if err := s.secrets.CloseSessions(ctx, id, ""); err != nil {
		return nil, err
	}
	return &identityv1.ChangePasswordResponse{Receipt: receipt(done)}, nil
}

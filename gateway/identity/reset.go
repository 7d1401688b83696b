package identity

import (
	"context"
	"fmt"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

// ResetPassword gives an account a fresh password, which the administrator
// hands over in person. The old password, all sessions and a lock-out end with
// it. Only this installation can derive the password from the command, so that
// the same command shows the same one again while only its hash is kept; it
// shows none once the holder has changed it.
func (s *Service) ResetPassword(ctx context.Context, r *identityv1.ResetPasswordRequest) (*identityv1.ResetPasswordResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	id := r.GetAccountId()
	password, err := s.freshPassword(ctx, id, meta.CommandID)
	if err != nil {
		return nil, err
	}
	reset := account.ResetPassword{Account: id, By: caller.Actor.ID, Reason: r.GetReason()}
	done, repeated, err := s.accounts.Repeated(ctx, id, meta)
	if err == nil && !repeated {
		done, err = s.reset(ctx, meta, reset, password)
	}
	if err != nil {
		return nil, err
	}
	answer := &identityv1.ResetPasswordResponse{Receipt: receipt(done)}
	inForce, err := s.secrets.SetBy(ctx, id, meta.CommandID)
	if err != nil {
		return nil, err
	}
	if inForce {
		answer.Password = password
	}
	return answer, nil
}

// reset replaces the password, ends what the old one opened, then records it.
// A command that broke off is completed by sending it again.
func (s *Service) reset(ctx context.Context, meta es.Meta, cmd account.ResetPassword, password string) (es.Receipt, error) {
	a, _, err := s.accounts.Load(ctx, cmd.Account)
	if err != nil {
		return es.Receipt{}, fmt.Errorf("load account: %w", err)
	}
	if _, err := cmd.Decide(a); err != nil {
		return es.Receipt{}, err
	}
	if err := s.secrets.Replace(ctx, cmd.Account, password, meta.CommandID); err != nil {
		return es.Receipt{}, err
	}
	if err := s.secrets.CloseSessions(ctx, cmd.Account, ""); err != nil {
		return es.Receipt{}, err
	}
	if err := s.secrets.Pardon(ctx, a.Login); err != nil {
		return es.Receipt{}, err
	}
	return s.accounts.Execute(ctx, cmd.Account, meta, cmd)
}

func (s *Service) freshPassword(ctx context.Context, accountID, commandID string) (string, error) {
	secret, err := s.secrets.Derive(ctx, "password", accountID, commandID)
	if err != nil {
		return "", err
	}
	return secrets.SpellPassword(secret), nil
}

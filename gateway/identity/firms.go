package identity

import (
	"context"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/firm"
	"shiyang/gateway/identity/onboarding"
	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

const (
	methodDecide = identityv1.IdentityService_DecideFirmApplication_FullMethodName
	methodInvite = identityv1.IdentityService_InviteMember_FullMethodName
	methodRevoke = identityv1.IdentityService_RevokeMember_FullMethodName
)

// ApplyForFirm files an application to act for a firm; it gives no right yet.
func (s *Service) ApplyForFirm(ctx context.Context, r *identityv1.ApplyForFirmRequest) (*identityv1.ApplyForFirmResponse, error) {
	caller, a, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	done, err := s.applications.Execute(ctx, meta.CommandID, meta, onboarding.Apply{
		Staff: len(a.Duties) > 0,
		Event: &identityv1.FirmApplied{
			AccountId: caller.Actor.ID, Uscc: r.GetUscc(), UnitName: r.GetUnitName(), Division: r.GetDivision(),
			Licence: r.GetLicence(), Mandate: r.GetMandate(), LegalRepresentative: r.GetLegalRepresentative(),
			Example: r.GetExample(),
		},
	})
	if err != nil {
		return nil, err
	}
	return &identityv1.ApplyForFirmResponse{Receipt: receipt(done)}, nil
}

// DecideFirmApplication approves or refuses. Approval is one fact; the
// membership that follows from it is a second one in the firm's own stream,
// appended here and, if this breaks off, by the reaction.
func (s *Service) DecideFirmApplication(ctx context.Context, r *identityv1.DecideFirmApplicationRequest) (*identityv1.DecideFirmApplicationResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	id := r.GetApplicationId()
	application, _, err := s.applications.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load firm application: %w", err)
	}
	var decision es.Command[onboarding.Application] = onboarding.Refuse{By: caller.Actor.ID, Reason: r.GetReason()}
	if r.GetApprove() {
		decision = onboarding.Approve{By: caller.Actor.ID, FirmID: firm.ID(application.USCC)}
	}
	done, err := s.applications.Execute(ctx, id, meta, es.Guarded(decision, func(a onboarding.Application) error {
		err := rpc.Authorise(caller, methodDecide, rpc.Object{County: a.Division})
		if err != nil || !r.GetApprove() || a.Applicant == caller.Actor.ID {
			return err // the last is for the rule itself to refuse
		}
		return s.eligible(ctx, a.Applicant)
	}))
	if err != nil {
		return nil, err
	}
	if r.GetApprove() {
		step := meta
		step.CausationID, step.CommandID = meta.CommandID, es.DerivedID("admit", meta.CommandID)
		joined, err := s.admit(ctx, step, id)
		if err != nil {
			return nil, err
		}
		done.Position = max(done.Position, joined.Position)
	}
	return &identityv1.DecideFirmApplicationResponse{Receipt: receipt(done)}, nil
}

// admit enters the applicant of an approved application in the firm; it may
// be repeated.
func (s *Service) admit(ctx context.Context, meta es.Meta, applicationID string) (es.Receipt, error) {
	a, _, err := s.applications.Load(ctx, applicationID)
	if err != nil {
		return es.Receipt{}, fmt.Errorf("load firm application: %w", err)
	}
	if a.Stage != onboarding.Approved {
		return es.Receipt{}, nil
	}
	if err := s.eligible(ctx, a.Applicant); err != nil {
		return es.Receipt{}, err
	}
	return s.firms.Execute(ctx, a.FirmID, meta, firm.Admit{
		Application: applicationID, Account: a.Applicant, USCC: a.USCC, UnitName: a.UnitName, Division: a.Division,
		Mandate: a.Mandate, LegalRepresentative: a.LegalRepresentative, Example: a.Example, Today: s.today(),
	})
}

// eligible refuses an applicant whose account was ended or got a duty of the
// bureau.
func (s *Service) eligible(ctx context.Context, accountID string) error {
	a, _, err := s.accounts.Load(ctx, accountID)
	switch {
	case err != nil:
		return fmt.Errorf("load applicant: %w", err)
	case !a.Active():
		return account.ErrDisabled
	case len(a.Duties) > 0:
		return onboarding.ErrStaff
	}
	return nil
}

// InviteMember makes an invitation. The code is the firm's id and 128 bits
// that only this installation can derive from the command, so that the same
// command shows the same code again while only its hash is kept.
func (s *Service) InviteMember(ctx context.Context, r *identityv1.InviteMemberRequest) (*identityv1.InviteMemberResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	code, err := s.code(ctx, r.GetFirmId(), meta.CommandID)
	if err != nil {
		return nil, err
	}
	done, err := s.firms.Execute(ctx, r.GetFirmId(), meta, es.Guarded(firm.Invite{
		ID: meta.CommandID, Role: r.GetRole(), CodeHash: firm.Hash(code),
		From: r.GetFrom(), To: r.GetTo(), Mandate: r.GetMandate(), Today: s.today(),
	}, s.onBehalf(caller, methodInvite, r.GetFirmId())))
	if err != nil {
		return nil, err
	}
	return &identityv1.InviteMemberResponse{Receipt: receipt(done), Code: code}, nil
}

// onBehalf guards a command on a firm: the caller may act for this firm, and
// the firm itself still says so when the command is decided.
func (s *Service) onBehalf(caller rpc.Caller, method, firmID string) func(firm.Firm) error {
	return func(f firm.Firm) error {
		if !f.Registered() {
			return problem.ErrNotFound
		}
		if err := rpc.Authorise(caller, method, rpc.Object{County: f.Division, FirmID: firmID}); err != nil {
			return err
		}
		return s.stillMember(caller, f)
	}
}

var codeLetters = base32.StdEncoding.WithPadding(base32.NoPadding)

func (s *Service) code(ctx context.Context, firmID, commandID string) (string, error) {
	id, err := uuid.Parse(firmID)
	if err != nil {
		return "", problem.ErrNotFound
	}
	secret, err := s.secrets.Derive(ctx, "invitation", firmID, commandID)
	if err != nil {
		return "", err
	}
	return codeLetters.EncodeToString(append(id[:], secret...)), nil
}

// AcceptInvitation makes the caller a member by a code that works once.
func (s *Service) AcceptInvitation(ctx context.Context, r *identityv1.AcceptInvitationRequest) (*identityv1.AcceptInvitationResponse, error) {
	caller, a, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	code := strings.ToUpper(strings.TrimSpace(r.GetCode()))
	raw, err := codeLetters.DecodeString(code)
	if err != nil || len(raw) != 32 {
		return nil, firm.ErrCode
	}
	id := uuid.UUID(raw[:16]).String()
	done, err := s.firms.Execute(ctx, id, meta, firm.Accept{
		Account: caller.Actor.ID, CodeHash: firm.Hash(code), Staff: len(a.Duties) > 0, Today: s.today(),
	})
	if err != nil {
		return nil, err
	}
	return &identityv1.AcceptInvitationResponse{Receipt: receipt(done)}, nil
}

// RevokeMember ends a membership or mandate and the sessions that use it.
func (s *Service) RevokeMember(ctx context.Context, r *identityv1.RevokeMemberRequest) (*identityv1.RevokeMemberResponse, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := rpc.Meta(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	done, err := s.firms.Execute(ctx, r.GetFirmId(), meta, es.Guarded(
		firm.Revoke{Account: r.GetAccountId(), Reason: r.GetReason(), Today: s.today()},
		s.onBehalf(caller, methodRevoke, r.GetFirmId())))
	if err != nil {
		return nil, err
	}
	if err := s.secrets.CloseSessions(ctx, r.GetAccountId(), firmSeat(r.GetFirmId())); err != nil {
		return nil, err
	}
	return &identityv1.RevokeMemberResponse{Receipt: receipt(done)}, nil
}

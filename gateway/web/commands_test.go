package web_test

import (
	"context"

	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// The commands of the office all answer a receipt.

func (o *office) RegisterFacility(ctx context.Context, r *permitsv1.RegisterFacilityRequest) (*permitsv1.RegisterFacilityResponse, error) {
	receipt, err := o.receipt(ctx, "RegisterFacility", r, "")
	return &permitsv1.RegisterFacilityResponse{Receipt: receipt}, err
}

func (o *office) ChangeFacility(ctx context.Context, r *permitsv1.ChangeFacilityRequest) (*permitsv1.ChangeFacilityResponse, error) {
	receipt, err := o.receipt(ctx, "ChangeFacility", r, r.GetFacilityId())
	return &permitsv1.ChangeFacilityResponse{Receipt: receipt}, err
}

func (o *office) AssignFacility(ctx context.Context, r *permitsv1.AssignFacilityRequest) (*permitsv1.AssignFacilityResponse, error) {
	receipt, err := o.receipt(ctx, "AssignFacility", r, r.GetFacilityId())
	return &permitsv1.AssignFacilityResponse{Receipt: receipt}, err
}

func (o *office) OpenApplication(ctx context.Context, r *permitsv1.OpenApplicationRequest) (*permitsv1.OpenApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "OpenApplication", r, "")
	return &permitsv1.OpenApplicationResponse{Receipt: receipt}, err
}

func (o *office) PublishNotice(ctx context.Context, r *permitsv1.PublishNoticeRequest) (*permitsv1.PublishNoticeResponse, error) {
	receipt, err := o.receipt(ctx, "PublishNotice", r, r.GetPermitId())
	return &permitsv1.PublishNoticeResponse{Receipt: receipt}, err
}

func (o *office) SubmitApplication(ctx context.Context, r *permitsv1.SubmitApplicationRequest) (*permitsv1.SubmitApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "SubmitApplication", r, r.GetPermitId())
	return &permitsv1.SubmitApplicationResponse{Receipt: receipt}, err
}

func (o *office) WithdrawApplication(ctx context.Context, r *permitsv1.WithdrawApplicationRequest) (*permitsv1.WithdrawApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "WithdrawApplication", r, r.GetPermitId())
	return &permitsv1.WithdrawApplicationResponse{Receipt: receipt}, err
}

func (o *office) CorrectOnSpot(ctx context.Context, r *permitsv1.CorrectOnSpotRequest) (*permitsv1.CorrectOnSpotResponse, error) {
	receipt, err := o.receipt(ctx, "CorrectOnSpot", r, r.GetPermitId())
	return &permitsv1.CorrectOnSpotResponse{Receipt: receipt}, err
}

func (o *office) NoticeDeficiency(ctx context.Context, r *permitsv1.NoticeDeficiencyRequest) (*permitsv1.NoticeDeficiencyResponse, error) {
	receipt, err := o.receipt(ctx, "NoticeDeficiency", r, r.GetPermitId())
	return &permitsv1.NoticeDeficiencyResponse{Receipt: receipt}, err
}

func (o *office) AcceptApplication(ctx context.Context, r *permitsv1.AcceptApplicationRequest) (*permitsv1.AcceptApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "AcceptApplication", r, r.GetPermitId())
	return &permitsv1.AcceptApplicationResponse{Receipt: receipt}, err
}

func (o *office) DeclineApplication(ctx context.Context, r *permitsv1.DeclineApplicationRequest) (*permitsv1.DeclineApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "DeclineApplication", r, r.GetPermitId())
	return &permitsv1.DeclineApplicationResponse{Receipt: receipt}, err
}

func (o *office) PauseClock(ctx context.Context, r *permitsv1.PauseClockRequest) (*permitsv1.PauseClockResponse, error) {
	receipt, err := o.receipt(ctx, "PauseClock", r, r.GetPermitId())
	return &permitsv1.PauseClockResponse{Receipt: receipt}, err
}

func (o *office) ResumeClock(ctx context.Context, r *permitsv1.ResumeClockRequest) (*permitsv1.ResumeClockResponse, error) {
	receipt, err := o.receipt(ctx, "ResumeClock", r, r.GetPermitId())
	return &permitsv1.ResumeClockResponse{Receipt: receipt}, err
}

func (o *office) RecordSiteCheck(ctx context.Context, r *permitsv1.RecordSiteCheckRequest) (*permitsv1.RecordSiteCheckResponse, error) {
	receipt, err := o.receipt(ctx, "RecordSiteCheck", r, r.GetPermitId())
	return &permitsv1.RecordSiteCheckResponse{Receipt: receipt}, err
}

func (o *office) ReportExamination(ctx context.Context, r *permitsv1.ReportExaminationRequest) (*permitsv1.ReportExaminationResponse, error) {
	receipt, err := o.receipt(ctx, "ReportExamination", r, r.GetPermitId())
	return &permitsv1.ReportExaminationResponse{Receipt: receipt}, err
}

func (o *office) ReturnExamination(ctx context.Context, r *permitsv1.ReturnExaminationRequest) (*permitsv1.ReturnExaminationResponse, error) {
	receipt, err := o.receipt(ctx, "ReturnExamination", r, r.GetPermitId())
	return &permitsv1.ReturnExaminationResponse{Receipt: receipt}, err
}

func (o *office) IssuePermit(ctx context.Context, r *permitsv1.IssuePermitRequest) (*permitsv1.IssuePermitResponse, error) {
	receipt, err := o.receipt(ctx, "IssuePermit", r, r.GetPermitId())
	return &permitsv1.IssuePermitResponse{Receipt: receipt}, err
}

func (o *office) RefusePermit(ctx context.Context, r *permitsv1.RefusePermitRequest) (*permitsv1.RefusePermitResponse, error) {
	receipt, err := o.receipt(ctx, "RefusePermit", r, r.GetPermitId())
	return &permitsv1.RefusePermitResponse{Receipt: receipt}, err
}

func (o *office) RecordDelivery(ctx context.Context, r *permitsv1.RecordDeliveryRequest) (*permitsv1.RecordDeliveryResponse, error) {
	receipt, err := o.receipt(ctx, "RecordDelivery", r, r.GetPermitId())
	return &permitsv1.RecordDeliveryResponse{Receipt: receipt}, err
}

func (o *office) RegisterAccount(ctx context.Context, r *identityv1.RegisterAccountRequest) (*identityv1.RegisterAccountResponse, error) {
	receipt, err := o.receipt(ctx, "RegisterAccount", r, "")
	return &identityv1.RegisterAccountResponse{Receipt: receipt}, err
}

func (o *office) GrantStaffRole(ctx context.Context, r *identityv1.GrantStaffRoleRequest) (*identityv1.GrantStaffRoleResponse, error) {
	receipt, err := o.receipt(ctx, "GrantStaffRole", r, r.GetAccountId())
	return &identityv1.GrantStaffRoleResponse{Receipt: receipt}, err
}

func (o *office) RevokeStaffRole(ctx context.Context, r *identityv1.RevokeStaffRoleRequest) (*identityv1.RevokeStaffRoleResponse, error) {
	receipt, err := o.receipt(ctx, "RevokeStaffRole", r, r.GetAccountId())
	return &identityv1.RevokeStaffRoleResponse{Receipt: receipt}, err
}

func (o *office) DisableAccount(ctx context.Context, r *identityv1.DisableAccountRequest) (*identityv1.DisableAccountResponse, error) {
	receipt, err := o.receipt(ctx, "DisableAccount", r, r.GetAccountId())
	return &identityv1.DisableAccountResponse{Receipt: receipt}, err
}

func (o *office) ResetPassword(ctx context.Context, r *identityv1.ResetPasswordRequest) (*identityv1.ResetPasswordResponse, error) {
	receipt, err := o.receipt(ctx, "ResetPassword", r, r.GetAccountId())
	answer := &identityv1.ResetPasswordResponse{Receipt: receipt}
	if receipt != nil && !receipt.GetRepeated() {
		answer.Password = "once-only-pass-word-2345"
	}
	return answer, err
}

func (o *office) ChangePassword(ctx context.Context, r *identityv1.ChangePasswordRequest) (*identityv1.ChangePasswordResponse, error) {
	receipt, err := o.receipt(ctx, "ChangePassword", r, "")
	return &identityv1.ChangePasswordResponse{Receipt: receipt}, err
}

func (o *office) ApplyForFirm(ctx context.Context, r *identityv1.ApplyForFirmRequest) (*identityv1.ApplyForFirmResponse, error) {
	receipt, err := o.receipt(ctx, "ApplyForFirm", r, "")
	return &identityv1.ApplyForFirmResponse{Receipt: receipt}, err
}

func (o *office) DecideFirmApplication(ctx context.Context, r *identityv1.DecideFirmApplicationRequest) (*identityv1.DecideFirmApplicationResponse, error) {
	receipt, err := o.receipt(ctx, "DecideFirmApplication", r, r.GetApplicationId())
	return &identityv1.DecideFirmApplicationResponse{Receipt: receipt}, err
}

func (o *office) InviteMember(ctx context.Context, r *identityv1.InviteMemberRequest) (*identityv1.InviteMemberResponse, error) {
	receipt, err := o.receipt(ctx, "InviteMember", r, "")
	answer := &identityv1.InviteMemberResponse{Receipt: receipt}
	if receipt != nil && !receipt.GetRepeated() {
		answer.Code = "once-only-code-1234567890"
	}
	return answer, err
}

func (o *office) AcceptInvitation(ctx context.Context, r *identityv1.AcceptInvitationRequest) (*identityv1.AcceptInvitationResponse, error) {
	receipt, err := o.receipt(ctx, "AcceptInvitation", r, "")
	return &identityv1.AcceptInvitationResponse{Receipt: receipt}, err
}

func (o *office) RevokeMember(ctx context.Context, r *identityv1.RevokeMemberRequest) (*identityv1.RevokeMemberResponse, error) {
	receipt, err := o.receipt(ctx, "RevokeMember", r, r.GetFirmId())
	return &identityv1.RevokeMemberResponse{Receipt: receipt}, err
}

package firm

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// InvitationDays is how long an invitation's code works, the day it was made
// not counted.
const InvitationDays = 7

// Problems of memberships.
var (
	ErrAlreadyMember = &problem.Error{
		Kind: problem.Rejected, Reason: "ALREADY_MEMBER",
		Text: problem.Text{Zh: "该账号已经是这家企业的成员。", En: "This account is a member of the firm already."},
	}
	ErrCode = &problem.Error{
		Kind: problem.Rejected, Reason: "INVITATION_UNKNOWN",
		Text: problem.Text{Zh: "邀请码不正确，请核对后重填，或请企业管理员重新邀请。", En: "The code is wrong. Check it, or ask the firm's administrator for a new invitation."},
	}
	ErrCodeUsed = &problem.Error{
		Kind: problem.Rejected, Reason: "INVITATION_USED",
		Text: problem.Text{Zh: "邀请码已使用过，请企业管理员重新邀请。", En: "The code has been used. Ask the firm's administrator for a new invitation."},
	}
	ErrCodeExpired = &problem.Error{
		Kind: problem.Rejected, Reason: "INVITATION_EXPIRED",
		Text: problem.Text{Zh: "邀请码已过期（7 日内有效），请企业管理员重新邀请。", En: "The code has expired (it works for seven days). Ask the firm's administrator for a new invitation."},
	}
	ErrLastAdmin = &problem.Error{
		Kind: problem.Rejected, Reason: "LAST_ADMINISTRATOR",
		Text: problem.Text{Zh: "这是企业最后一位管理员，请先邀请另一位管理员。", En: "This is the firm's last administrator. Invite another one first."},
	}
	ErrFirmStaff = &problem.Error{
		Kind: problem.Rejected, Reason: "STAFF_ACCOUNT",
		Text: problem.Text{Zh: "本局工作人员的账号不能代表企业办事。", En: "An account with a duty of the bureau cannot act for a firm."},
	}
)

// Admit 准入 enters the applicant of an approved application, and the firm
// itself if it is new. It is safe to repeat: a reaction does so when the
// clerk's command broke off.
type Admit struct {
	Application, Account     string
	USCC, UnitName, Division string
	Mandate                  *commonv1.Attachment
	LegalRepresentative      bool
	Example                  bool
	Today                    law.Date
}

// Decide makes the first member, and a legal representative, administrator of
// the firm; later applicants become handlers.
func (c Admit) Decide(f Firm) ([]es.Event, error) {
	m, known := f.Members[c.Account]
	if known && (m.Origin == c.Application || m.Active(c.Today)) {
		return nil, nil
	}
	var events []es.Event
	if !f.Registered() {
		events = append(events, &identityv1.FirmRegistered{
			Uscc: c.USCC, UnitName: c.UnitName, Division: c.Division, Example: c.Example,
		})
	}
	role := Handler
	if c.LegalRepresentative || f.admins(c.Today) == 0 {
		role = Admin
	}
	return append(events, &identityv1.MemberJoined{
		AccountId: c.Account, Role: role, Mandate: c.Mandate, Origin: "application", OriginId: c.Application,
	}), nil
}

// Invite 邀请 makes an invitation whose code opens the membership once.
type Invite struct {
	ID, Role, CodeHash string
	From, To           *commonv1.Date
	Mandate            *commonv1.Attachment
	Today              law.Date
}

// Decide invites; a consultant needs a mandate with both its days.
func (c Invite) Decide(f Firm) ([]es.Event, error) {
	if !f.Registered() {
		return nil, problem.ErrNotFound
	}
	var wrong problem.Fields
	if c.Role == Consultant {
		if c.From == nil {
			wrong.Add("from", "", "REQUIRED", "请填写授权开始日期。", "Enter the first day of the mandate.")
		}
		if c.To == nil {
			wrong.Add("to", "", "REQUIRED", "请填写授权截止日期。", "Enter the last day of the mandate.")
		}
		if c.Mandate == nil {
			wrong.Add("mandate", "", "MANDATE_REQUIRED", "请上传授权书。", "Upload the mandate.")
		}
	}
	if c.From != nil && c.To != nil && day(c.To).Before(day(c.From)) {
		wrong.Add("to", c.To.GetIso(), "ENDS_BEFORE_START", "截止日期不能早于开始日期。", "The last day must not come before the first.")
	} else if c.To != nil && day(c.To).Before(c.Today) {
		wrong.Add("to", c.To.GetIso(), "ALREADY_OVER", "授权已经到期，请填写今天或以后的日期。", "The mandate is over already. Enter today or a later day.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&identityv1.MemberInvited{
		InvitationId: c.ID, Role: c.Role, CodeSha256: c.CodeHash, From: c.From, To: c.To, Mandate: c.Mandate,
		Expires: &commonv1.Date{Iso: c.Today.AddDays(InvitationDays).String()},
	}}, nil
}

// Accept 接受邀请 uses up an invitation.
type Accept struct {
	Account, CodeHash string
	Staff             bool // the account holds a duty of the bureau
	Today             law.Date
}

// Decide lets the bearer of an unused, unexpired code join.
func (c Accept) Decide(f Firm) ([]es.Event, error) {
	for id, i := range f.Invitations {
		if i.CodeHash != c.CodeHash {
			continue
		}
		switch {
		case i.Used:
			return nil, ErrCodeUsed
		case c.Today.After(i.Expires):
			return nil, ErrCodeExpired
		case c.Staff:
			return nil, ErrFirmStaff
		case f.Members[c.Account].Active(c.Today):
			return nil, ErrAlreadyMember
		}
		return []es.Event{&identityv1.MemberJoined{
			AccountId: c.Account, Role: i.Role, From: date(i.From), To: date(i.To), Mandate: i.Mandate,
			Origin: "invitation", OriginId: id,
		}}, nil
	}
	return nil, ErrCode
}

// Revoke 撤销 ends a membership or mandate at once.
type Revoke struct {
	Account, Reason string
	Today           law.Date
}

// Decide revokes a member, but not the firm's last administrator.
func (c Revoke) Decide(f Firm) ([]es.Event, error) {
	m, known := f.Members[c.Account]
	switch {
	case !known:
		return nil, problem.ErrNotFound
	case m.Revoked:
		return nil, nil
	case m.Role == Admin && m.Active(c.Today) && f.admins(c.Today) == 1:
		return nil, ErrLastAdmin
	}
	return []es.Event{&identityv1.MemberRevoked{AccountId: c.Account, Reason: c.Reason}}, nil
}

func date(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}

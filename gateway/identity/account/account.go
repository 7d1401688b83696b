// Package account is the aggregate of one person's account 账号: who it is,
// which duties of the bureau it holds, and whether it still may sign in.
//
// It holds pure rules: no clock, no I/O. Passwords and sessions are no events
// and live elsewhere. It may import internal/es, internal/problem and the
// identity contract. Start reading with [Account], then [Grant].
package account

import (
	"errors"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	identityv1 "shiyang/proto/identity/v1"
)

// Category of the streams.
const Category = "account"

// Duty 职务 is a bureau role held in a county.
type Duty struct{ Role, County string }

// Account 账号 is the fold of an account's stream.
type Account struct {
	Login    string
	PersonID string // key of the personal fields
	Name     string // 姓名; empty once erased
	Phone    string // 联系电话
	Duties   []Duty // in the order of grant
	Disabled bool
}

// Registered reports whether the account exists.
func (a Account) Registered() bool { return a.Login != "" }

// Active reports whether the account exists and has not been ended.
func (a Account) Active() bool { return a.Registered() && !a.Disabled }

// Holds reports whether the account has the duty and may use it.
func (a Account) Holds(d Duty) bool { return a.Active() && slices.Contains(a.Duties, d) }

// Evolve implements [es.State].
func (a Account) Evolve(f es.Fact) Account {
	switch e := f.Event.(type) {
	case *identityv1.AccountRegistered:
		a.Login = e.GetLogin()
		a.PersonID, a.Name, a.Phone = e.GetPerson().GetId(), e.GetPerson().GetName(), e.GetPerson().GetPhone()
	case *identityv1.StaffRoleGranted:
		if d := (Duty{e.GetRole(), e.GetCounty()}); !slices.Contains(a.Duties, d) {
			a.Duties = append(slices.Clip(a.Duties), d)
		}
	case *identityv1.StaffRoleRevoked:
		gone := Duty{e.GetRole(), e.GetCounty()}
		a.Duties = slices.DeleteFunc(slices.Clone(a.Duties), func(d Duty) bool { return d == gone })
	case *identityv1.AccountDisabled:
		a.Disabled = true
	case *identityv1.PasswordChanged:
		// The hash is kept elsewhere; the fact alone matters to an auditor.
	}
	return a
}

// Problems of accounts.
var (
	ErrExists = &problem.Error{
		Kind: problem.Rejected, Reason: "ACCOUNT_EXISTS",
		Text: problem.Text{Zh: "该账号已经存在。", En: "This account exists already."},
	}
	ErrDisabled = &problem.Error{
		Kind: problem.Rejected, Reason: "ACCOUNT_DISABLED",
		Text: problem.Text{Zh: "该账号已停用，不能再办理。", En: "This account was ended and takes no more changes."},
	}
	ErrOwnRoles = &problem.Error{
		Kind: problem.Forbidden, Reason: "OWN_ACCOUNT",
		Text: problem.Text{Zh: "不能变更自己账号的职务或状态，请由另一位管理员办理。", En: "Nobody changes the duties or the state of their own account. Ask another administrator."},
	}
	ErrOwnPassword = &problem.Error{
		Kind: problem.Forbidden, Reason: "OWN_ACCOUNT",
		Text: problem.Text{Zh: "不能重置自己的口令，请在“我的账号”修改，或由另一位管理员重置。", En: "Nobody resets their own password. Change it under “My account”, or ask another administrator."},
	}
	ErrIncompatible = &problem.Error{
		Kind: problem.Rejected, Reason: "INCOMPATIBLE_DUTIES",
		Text: problem.Text{
			Zh: "系统、安全、审计管理员和审计人员互斥，也不能兼任其他职务；请先收回现有职务。",
			En: "The system, security and audit administrators and auditors exclude each other and every other duty. Revoke the present duties first.",
		},
	}
	ErrActsForFirm = &problem.Error{
		Kind: problem.Rejected, Reason: "ACTS_FOR_FIRM",
		Text: problem.Text{Zh: "该账号正在为企业办事，不能同时担任本局职务。", En: "This account acts for a firm and cannot hold a duty of the bureau as well."},
	}
)

// exclusive duties are held alone: nobody checks himself (GB/T 22239-2019
// 8.1.4.2 d, separation of administrative duties).
var exclusive = []string{"system_admin", "security_admin", "audit_admin", "auditor"}

// Register 注册 creates the account. Login uniqueness is held by a
// reservation of the login.
type Register struct {
	Event *identityv1.AccountRegistered
}

// Decide registers unless the account exists.
func (c Register) Decide(a Account) ([]es.Event, error) {
	if a.Registered() {
		return nil, ErrExists
	}
	return []es.Event{c.Event}, nil
}

// Grant 授予职务 gives a member of the bureau a role in a county.
type Grant struct {
	Account     string // whose
	By          string // account that grants
	Duty        Duty
	Reason      string
	ActsForFirm bool // the account is a member of an enterprise
}

// Decide grants unless it is the granter's own account or the duty cannot
// stand beside those held.
func (c Grant) Decide(a Account) ([]es.Event, error) {
	switch err := changeable(a, c.Account, c.By); {
	case err != nil:
		return nil, err
	case slices.Contains(a.Duties, c.Duty):
		return nil, nil
	case c.ActsForFirm:
		return nil, ErrActsForFirm
	case slices.ContainsFunc(a.Duties, func(d Duty) bool {
		return d.Role != c.Duty.Role && (slices.Contains(exclusive, d.Role) || slices.Contains(exclusive, c.Duty.Role))
	}):
		return nil, ErrIncompatible
	}
	return []es.Event{&identityv1.StaffRoleGranted{Role: c.Duty.Role, County: c.Duty.County, Reason: c.Reason}}, nil
}

// Revoke 收回职务 takes a role away.
type Revoke struct {
	Account, By string
	Duty        Duty
	Reason      string
}

// Decide revokes what is held.
func (c Revoke) Decide(a Account) ([]es.Event, error) {
	if err := changeable(a, c.Account, c.By); err != nil {
		return nil, err
	}
	if !slices.Contains(a.Duties, c.Duty) {
		return nil, nil
	}
	return []es.Event{&identityv1.StaffRoleRevoked{Role: c.Duty.Role, County: c.Duty.County, Reason: c.Reason}}, nil
}

// Disable 停用 ends the account for good.
type Disable struct {
	Account, By string
	Reason      string
}

// Decide disables once.
func (c Disable) Decide(a Account) ([]es.Event, error) {
	if a.Disabled {
		return nil, nil
	}
	if err := changeable(a, c.Account, c.By); err != nil {
		return nil, err
	}
	return []es.Event{&identityv1.AccountDisabled{Reason: c.Reason}}, nil
}

// ChangePassword 修改密码 records that the password was changed.
type ChangePassword struct{}

// Decide records it for an account that is in use.
func (ChangePassword) Decide(a Account) ([]es.Event, error) {
	switch {
	case !a.Registered():
		return nil, problem.ErrNotFound
	case a.Disabled:
		return nil, ErrDisabled
	}
	return []es.Event{&identityv1.PasswordChanged{}}, nil
}

// ResetPassword 重置口令 records that an administrator gave the account a
// fresh password.
type ResetPassword struct {
	Account, By string
	Reason      string
}

// Decide records it for another's account that is in use.
func (c ResetPassword) Decide(a Account) ([]es.Event, error) {
	switch err := changeable(a, c.Account, c.By); {
	case errors.Is(err, ErrOwnRoles):
		return nil, ErrOwnPassword
	case err != nil:
		return nil, err
	}
	return []es.Event{&identityv1.PasswordChanged{Reason: c.Reason}}, nil
}

// changeable says why an administrator may not change the account.
func changeable(a Account, id, by string) error {
	switch {
	case !a.Registered():
		return problem.ErrNotFound
	case id == by:
		return ErrOwnRoles
	case a.Disabled:
		return ErrDisabled
	}
	return nil
}

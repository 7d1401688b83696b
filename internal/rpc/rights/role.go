package rights

import (
	"slices"

	"shiyang/internal/problem"
)

// Role 角色 is the capacity in which somebody acts. A person may hold several
// and acts in one at a time.
type Role string

// The roles. Bureau roles are held for a county, firm roles for a firm.
const (
	PermitClerk    Role = "permit_clerk"    // 许可受理人员
	PermitExaminer Role = "permit_examiner" // 许可审查人员
	PermitDecider  Role = "permit_decider"  // 许可决定人员
	Officer        Role = "officer"         // 执法人员
	CaseReviewer   Role = "case_reviewer"   // 案审人员
	LegalReviewer  Role = "legal_reviewer"  // 法制审核人员
	HearingHost    Role = "hearing_host"    // 听证主持人
	Head           Role = "head"            // 负责人
	ComplaintClerk Role = "complaint_clerk" // 信访受理员
	Auditor        Role = "auditor"         // 审计人员
	SystemAdmin    Role = "system_admin"    // 系统管理员
	SecurityAdmin  Role = "security_admin"  // 安全管理员
	AuditAdmin     Role = "audit_admin"     // 审计管理员

	FirmAdmin   Role = "firm_admin"   // 企业管理员
	FirmHandler Role = "firm_handler" // 企业经办人
	Consultant  Role = "consultant"   // 受托服务机构

	Person Role = "person" // 已登录但尚无身份: signed in without any capacity
	System Role = "system" // reactions and the ticker
	Public Role = "public" // 公众: nobody signed in
)

// roleTitles are the names of the roles for people.
var roleTitles = map[Role]problem.Text{
	PermitClerk:    {Zh: "许可受理人员", En: "permit clerk"},
	PermitExaminer: {Zh: "许可审查人员", En: "permit examiner"},
	PermitDecider:  {Zh: "许可决定人员", En: "permit decider"},
	Officer:        {Zh: "执法人员", En: "enforcement officer"},
	CaseReviewer:   {Zh: "案审人员", En: "case reviewer"},
	LegalReviewer:  {Zh: "法制审核人员", En: "legal reviewer"},
	HearingHost:    {Zh: "听证主持人", En: "hearing host"},
	Head:           {Zh: "负责人", En: "head of the bureau"},
	ComplaintClerk: {Zh: "信访受理员", En: "complaint clerk"},
	Auditor:        {Zh: "审计人员", En: "auditor"},
	SystemAdmin:    {Zh: "系统管理员", En: "system administrator"},
	SecurityAdmin:  {Zh: "安全管理员", En: "security administrator"},
	AuditAdmin:     {Zh: "审计管理员", En: "audit administrator"},
	FirmAdmin:      {Zh: "企业管理员", En: "firm administrator"},
	FirmHandler:    {Zh: "企业经办人", En: "firm handler"},
	Consultant:     {Zh: "受托服务机构", En: "consultant"},
	Person:         {Zh: "已登录用户", En: "signed-in person"},
	System:         {Zh: "系统", En: "the system"},
	Public:         {Zh: "公众", En: "the public"},
}

var (
	staffRoles = []Role{
		PermitClerk, PermitExaminer, PermitDecider, Officer, CaseReviewer, LegalReviewer,
		HearingHost, Head, ComplaintClerk, Auditor, SystemAdmin, SecurityAdmin, AuditAdmin,
	}
	firmRoles = []Role{FirmAdmin, FirmHandler, Consultant}
	// caseRoles are the bureau roles that read records of their county.
	caseRoles = []Role{
		PermitClerk, PermitExaminer, PermitDecider, Officer, CaseReviewer, LegalReviewer,
		HearingHost, Head, ComplaintClerk,
	}
)

// Roles returns every role in the order of the tables for people.
func Roles() []Role {
	return slices.Concat(staffRoles, firmRoles, []Role{Person, System, Public})
}

// Title returns the role's name for people; unknown roles return themselves.
func (r Role) Title() problem.Text {
	if t, ok := roleTitles[r]; ok {
		return t
	}
	return problem.Text{Zh: string(r), En: string(r)}
}

// Staff reports whether the role belongs to the bureau and is held for a county.
func (r Role) Staff() bool { return slices.Contains(staffRoles, r) }

// Firm reports whether the role is held for an enterprise.
func (r Role) Firm() bool { return slices.Contains(firmRoles, r) }

package rpc

import "shiyang/internal/rpc/rights"

// The words of the table of rights, which has a package of its own.
type (
	// Role 角色 is the capacity in which somebody acts.
	Role = rights.Role
	// Rule says who may call a method.
	Rule = rights.Rule
	// Scope says which tie between caller and record a method asks for.
	Scope = rights.Scope
)

// The scopes.
const (
	None   = rights.None
	County = rights.County
	Firm   = rights.Firm
	Either = rights.Either
)

// The roles.
const (
	PermitClerk    = rights.PermitClerk
	PermitExaminer = rights.PermitExaminer
	PermitDecider  = rights.PermitDecider
	Officer        = rights.Officer
	CaseReviewer   = rights.CaseReviewer
	LegalReviewer  = rights.LegalReviewer
	HearingHost    = rights.HearingHost
	Head           = rights.Head
	ComplaintClerk = rights.ComplaintClerk
	Auditor        = rights.Auditor
	SystemAdmin    = rights.SystemAdmin
	SecurityAdmin  = rights.SecurityAdmin
	AuditAdmin     = rights.AuditAdmin
	FirmAdmin      = rights.FirmAdmin
	FirmHandler    = rights.FirmHandler
	Consultant     = rights.Consultant
	Person         = rights.Person
	System         = rights.System
	Public         = rights.Public
)

// Policy is the table of all rights: what has no row is refused.
var Policy = rights.Policy

// RuleOf returns the row of a method; false if there is none, which means that
// nobody may call it.
func RuleOf(method string) (Rule, bool) { return rights.RuleOf(method) }

// Roles returns every role in the order of the tables for people.
func Roles() []Role { return rights.Roles() }

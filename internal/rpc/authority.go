package rpc

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/problem"
)

// Object is what [Authorise] must know of the real record: never of a view's
// copy, which may be older than the revocation of a right.
type Object struct {
	County string // division code of the place: "620602"
	FirmID string // the enterprise it belongs to; empty if none
}

// Visibility is what a caller may see of a list. The zero value sees nothing.
type Visibility struct {
	All      bool     // no restriction
	Counties []string // records in these divisions
	Firms    []string // records of these enterprises
}

// Sees reports whether the record is within the visibility.
func (v Visibility) Sees(o Object) bool {
	return v.All || (o.County != "" && slices.Contains(v.Counties, o.County)) ||
		(o.FirmID != "" && slices.Contains(v.Firms, o.FirmID))
}

// ErrNotYourRole refuses an act that belongs to another role.
var ErrNotYourRole = &problem.Error{
	Kind: problem.Forbidden, Reason: "NOT_YOUR_ROLE",
	Text: problem.Text{
		Zh: "您当前的身份不能办理此事项，请切换身份或转交有权人员办理。",
		En: "You may not do this in your present capacity. Switch capacity or pass it to someone who may.",
	},
}

// ErrSignIn refuses a call without a valid actor token.
var ErrSignIn = &problem.Error{
	Kind: problem.Unknown, Reason: "SIGN_IN_FIRST",
	Text: problem.Text{Zh: "请先登录。", En: "Sign in first."},
}

// Authorise decides whether the caller may call the method on this record:
// role, county and ownership of the real object. What the caller may not even
// see answers [problem.ErrNotFound], as if it did not exist; what it may see
// but not do answers [ErrNotYourRole]. It never asks a view or a clock.
func Authorise(caller Caller, method string, object Object) error {
	rule, ok := RuleOf(method)
	if !ok {
		return notYourRole(caller, nil)
	}
	if rule.Public {
		return nil
	}
	role := Role(caller.Actor.Role)
	if rule.Scope != None && !reach(caller.Actor).Sees(object) {
		return problem.ErrNotFound
	}
	if !slices.Contains(rule.Roles, role) || outOfScope(rule.Scope, role) {
		return notYourRole(caller, rule.Roles)
	}
	return nil
}

// Filter says which records of a list method the caller may see. A role that
// may not call the method sees nothing.
func Filter(caller Caller, method string) Visibility {
	rule, ok := RuleOf(method)
	role := Role(caller.Actor.Role)
	switch {
	case !ok || !slices.Contains(rule.Roles, role) || outOfScope(rule.Scope, role):
		return Visibility{}
	case rule.Public:
		return Visibility{All: true}
	}
	return reach(caller.Actor)
}

// allow is the part of a rule that needs no record: the interceptor's check.
func allow(caller Caller, rule Rule) error {
	role := Role(caller.Actor.Role)
	switch {
	case rule.Public:
		return nil
	case role == Public:
		return ErrSignIn
	case !slices.Contains(rule.Roles, role):
		return notYourRole(caller, rule.Roles)
	}
	return nil
}

// reach is how far an actor's eyes go, whatever the method.
func reach(a Actor) Visibility {
	role := Role(a.Role)
	switch {
	case role == Auditor, role == System:
		return Visibility{All: true}
	case role.Firm():
		return Visibility{Firms: firmsOf(a)}
	case role.Staff() && wholePrefecture(a.County):
		return Visibility{All: true}
	case role.Staff() && a.County != "":
		return Visibility{Counties: []string{a.County}}
	}
	return Visibility{}
}

// firmsOf are the enterprises that an actor in a firm role speaks for.
func firmsOf(a Actor) []string {
	var ids []string
	for _, id := range append([]string{a.Org}, a.OnBehalfOf...) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// wholePrefecture reports whether a division code stands for the prefecture
// with all its counties (GB/T 2260: the last two digits are 00).
func wholePrefecture(division string) bool {
	return len(division) == 6 && strings.HasSuffix(division, "00")
}

// outOfScope reports whether a role can never meet a scope: a bureau role
// has no firm, a firm role no county.
func outOfScope(s Scope, r Role) bool {
	return s == Firm && !r.Firm() && r != System || s == County && r.Firm()
}

func notYourRole(caller Caller, roles []Role) error {
	mine := Role(caller.Actor.Role).Title()
	if len(roles) == 0 {
		return ErrNotYourRole
	}
	var zh, en []string
	for _, r := range roles {
		if r != System {
			zh, en = append(zh, r.Title().Zh), append(en, r.Title().En)
		}
	}
	if len(zh) == 0 {
		return ErrNotYourRole.With("此事项只能由系统自动办理。", "Only the system itself does this.")
	}
	return ErrNotYourRole.With(
		fmt.Sprintf("您当前的身份是%s；此事项由%s办理，请切换身份或转交。", mine.Zh, strings.Join(zh, "、")),
		fmt.Sprintf("You act as %s; this is for: %s. Switch capacity or pass it on.", mine.En, strings.Join(en, ", ")))
}

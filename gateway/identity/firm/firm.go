// Package firm is the aggregate of one enterprise 企业 as it signs in: its
// credit code, and who may act for it, in which role and until when.
//
// A firm's stream id is derived from its credit code ([ID]), so that two
// firms with one code cannot exist, however many clerks approve at once.
// It holds pure rules. It may import internal/es, internal/law,
// internal/problem and the identity contract. Start reading with [Firm], then
// [Member].
package firm

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"shiyang/internal/es"
	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Category of the streams.
const Category = "firm"

// The roles held for a firm.
const (
	Admin      = "firm_admin"
	Handler    = "firm_handler"
	Consultant = "consultant"
)

// ID is the id of the firm with this unified social credit code.
func ID(uscc string) string { return es.DerivedID("firm", uscc) }

// Hash is what is kept of an invitation's code.
func Hash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// Member 成员 is a person who may act, or might have acted, for the firm.
type Member struct {
	Role     string
	From, To law.Date // of a mandate; zero: open
	Origin   string   // id of the application or invitation
	Revoked  bool
}

// Active reports whether the member may act on this day.
func (m Member) Active(day law.Date) bool {
	return m.Role != "" && !m.Revoked && (m.From.IsZero() || !day.Before(m.From)) && (m.To.IsZero() || !day.After(m.To))
}

// Invitation 邀请 waits for a person with the code.
type Invitation struct {
	Role     string
	CodeHash string
	From, To law.Date
	Mandate  *commonv1.Attachment
	Expires  law.Date
	Used     bool
}

// Firm 企业 is the fold of a firm's stream.
type Firm struct {
	USCC, UnitName, Division string
	Example                  bool
	Members                  map[string]Member     // by account
	Invitations              map[string]Invitation // by id
}

// Registered reports whether the firm exists.
func (f Firm) Registered() bool { return f.USCC != "" }

// Evolve implements [es.State].
func (f Firm) Evolve(fact es.Fact) Firm {
	switch e := fact.Event.(type) {
	case *identityv1.FirmRegistered:
		f.USCC, f.UnitName, f.Division, f.Example = e.GetUscc(), e.GetUnitName(), e.GetDivision(), e.GetExample()
	case *identityv1.MemberJoined:
		f.Members = with(f.Members, e.GetAccountId(), Member{
			Role: e.GetRole(), From: day(e.GetFrom()), To: day(e.GetTo()), Origin: e.GetOriginId(),
		})
		if i, ok := f.Invitations[e.GetOriginId()]; ok {
			i.Used = true
			f.Invitations = with(f.Invitations, e.GetOriginId(), i)
		}
	case *identityv1.MemberInvited:
		f.Invitations = with(f.Invitations, e.GetInvitationId(), Invitation{
			Role: e.GetRole(), CodeHash: e.GetCodeSha256(), From: day(e.GetFrom()), To: day(e.GetTo()),
			Mandate: e.GetMandate(), Expires: day(e.GetExpires()),
		})
	case *identityv1.MemberRevoked:
		if m, ok := f.Members[e.GetAccountId()]; ok {
			m.Revoked = true
			f.Members = with(f.Members, e.GetAccountId(), m)
		}
	}
	return f
}

// admins counts who may manage the firm's members on this day.
func (f Firm) admins(today law.Date) int {
	n := 0
	for _, m := range f.Members {
		if m.Role == Admin && m.Active(today) {
			n++
		}
	}
	return n
}

// with returns a copy of m in which key is value.
func with[V any](m map[string]V, key string, value V) map[string]V {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]V{}
	}
	out[key] = value
	return out
}

// day reads a legal day; absent or unreadable is the zero day, which binds
// nobody, because the contract checks days before they become events.
func day(d *commonv1.Date) law.Date {
	parsed, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return parsed
}

// Package web is the portal: pages made on the server for people, in Chinese
// and English, which work without JavaScript.
//
//	request ─▶ guard (headers, origin, size) ─▶ visit (language, session)
//	        ─▶ page function ─▶ gRPC clients ─▶ component ─▶ HTML
//
// It talks to the services only through their contracts and carries who acts
// as a signed token in the call. A page makes a small fixed number of calls.
// A form becomes one command with an id that was made when the form was
// drawn, so a second press has no second effect; afterwards the person is
// sent to the record, which is shown at least at the position of the receipt.
//
// It may import the contracts, problem and rpc, and its own children: visit
// (what every page needs), one package per department (permits, people, …),
// words (texts), form (fields and paths), sheet (forms), component (the parts
// of a page), page (whole pages), static (style and script). This package is
// the front door and puts the departments together. Start with [New], then
// read package visit.
package web

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"shiyang/gateway/web/audit"
	"shiyang/gateway/web/people"
	"shiyang/gateway/web/permits"
	"shiyang/gateway/web/register"
	"shiyang/gateway/web/visit"
	auditv1 "shiyang/proto/audit/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Session is [visit.Session], a signed-in person.
type Session = visit.Session

// Opened is [visit.Opened], a session that was opened or changed.
type Opened = visit.Opened

// Sessions is [visit.Sessions], which keeps who is signed in.
type Sessions = visit.Sessions

// Draft is [visit.Draft], the name of a draft.
type Draft = visit.Draft

// Drafts is [visit.Drafts], which keeps what is not filed yet.
type Drafts = visit.Drafts

// Attachments is [visit.Attachments], which stores files.
type Attachments = visit.Attachments

// Deps is what the pages need.
type Deps struct {
	Permits     permitsv1.PermitsServiceClient
	Identity    identityv1.IdentityServiceClient
	Audit       auditv1.AuditServiceClient
	Disclosure  permitsv1.DisclosureServiceClient // the public register
	Sessions    Sessions
	Drafts      Drafts
	Attachments Attachments
	Now         func() time.Time
	NewID       func() string // UUIDv7, for command ids
	Logger      *slog.Logger
	Secure      bool               // the browser comes over TLS: cookie with the __Host- prefix
	Departments []visit.Department // further departments, see [Departments]
}

// New returns the handler of all pages: the front door, the departments that
// are always there, then d.Departments in their order. It answers the
// addresses below /zh/, /en/ and /static/, and sends / to one of the languages.
func New(d Deps) http.Handler {
	portal := visit.NewPortal(visit.Deps{
		Identity: d.Identity, Audit: d.Audit, Sessions: d.Sessions, Drafts: d.Drafts, Attachments: d.Attachments,
		Now: d.Now, NewID: d.NewID, Logger: d.Logger, Secure: d.Secure,
	}, slices.Concat(
		[]visit.Department{front(d.Permits), permits.Pages(d.Permits)},
		d.Departments,
		[]visit.Department{register.Pages(d.Disclosure), audit.Pages(d.Audit), people.Pages(d.Identity)},
	)...)
	return guard(portal, portal.Handler())
}

// Package facility keeps the sites 生产经营场所 of enterprises: the place that
// one discharge permit stands for (Decree 736 Art. 6).
//
// A site may be listed by the bureau before its firm has signed on; then its
// unified social credit code may be unknown, and no application can be opened.
// As soon as the code is known the site gets its sequence under that code,
// which becomes part of the permit number (HJ 608-2017).
//
// The package is pure: it imports the contracts, internal/es, internal/law and
// internal/problem, and knows no clock and no store. Start with [Facility],
// then the commands [Register], [Change] and [Assign].
package facility

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Facility is what a site's stream says of it 生产经营场所.
type Facility struct {
	Registered   bool
	EnterpriseID string                 // the firm that runs it; "" while none has signed on
	Site         *permitsv1.SiteContent // base data; never changed after it was folded
	Sequence     int32                  // of the site under its credit code, from 1; 0 while the code is unknown
}

// Evolve applies one fact. It ignores events it does not know.
func (f Facility) Evolve(fact es.Fact) Facility {
	switch e := fact.Event.(type) {
	case *permitsv1.FacilityRegistered:
		f.Registered = true
		f.EnterpriseID, f.Site, f.Sequence = e.GetEnterpriseId(), e.GetSite(), e.GetSiteSequence()
	case *permitsv1.FacilityChanged:
		f.Site = e.GetSite()
		if e.GetSiteSequence() != 0 {
			f.Sequence = e.GetSiteSequence()
		}
	case *permitsv1.FacilityAssigned:
		f.EnterpriseID = e.GetEnterpriseId()
	}
	return f
}

// The refusals of this package.
var (
	// ErrSequenceNeeded says that everything is in order but the sequence under
	// the credit code, which the caller now has to draw.
	ErrSequenceNeeded = &problem.Error{
		Kind: problem.Unavailable, Reason: "SITE_SEQUENCE_NEEDED",
		Text: problem.Text{Zh: "场所序号尚未取得，请重试。", En: "The site's sequence was not drawn yet. Try again."},
	}
	// ErrRegistered refuses to register a site twice with other data.
	ErrRegistered = &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_REGISTERED",
		Text: problem.Text{
			Zh: "该生产经营场所已经登记，请改用“变更”。",
			En: "This site is already registered. Record a change instead.",
		},
	}
	// ErrAssigned refuses to tie a site to a second firm.
	ErrAssigned = &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_ASSIGNED",
		Text: problem.Text{
			Zh: "该场所已归属另一家企业。更换排污单位须办理变更或者重新申请。",
			En: "This site already belongs to another firm. A change of operator needs a change or a new application.",
		},
		Citation: "decree-736 art. 14",
	}
)

// Register enters a site in the register 登记生产经营场所.
type Register struct {
	Site         *permitsv1.SiteContent
	EnterpriseID string
	Sequence     int32    // under the credit code; 0 asks whether one is needed
	Lists        law.View // as they stand on the day of the act
}

// Decide registers the site. It answers ErrSequenceNeeded when all is in order
// but the sequence is missing.
func (c Register) Decide(f Facility) ([]es.Event, error) {
	if f.Registered {
		if proto.Equal(f.Site, c.Site) && f.EnterpriseID == c.EnterpriseID {
			return nil, nil
		}
		return nil, ErrRegistered
	}
	if err := wrong(c.Site, c.Lists).Err(); err != nil {
		return nil, err
	}
	if c.Site.GetUscc() != "" && c.Sequence == 0 {
		return nil, ErrSequenceNeeded
	}
	return []es.Event{&permitsv1.FacilityRegistered{
		EnterpriseId: c.EnterpriseID, Site: c.Site, SiteSequence: c.Sequence,
	}}, nil
}

// Advise lists what a person should look at again.
func (c Register) Advise(Facility) []problem.Field { return doubts(c.Site) }

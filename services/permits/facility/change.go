package facility

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Change records new base data of a site 变更场所基本信息.
type Change struct {
	Site     *permitsv1.SiteContent
	Reason   string
	Sequence int32    // under a credit code that is new to the site; 0 asks whether one is needed
	Lists    law.View // as they stand on the day of the act
}

// Decide records the change; the same data again change nothing. A site does
// not move to another county and a made-up site does not become a real one:
// both are new sites.
func (c Change) Decide(f Facility) ([]es.Event, error) {
	if !f.Registered {
		return nil, problem.ErrNotFound
	}
	if proto.Equal(f.Site, c.Site) {
		return nil, nil
	}
	fields := wrong(c.Site, c.Lists)
	c.compare(f, &fields)
	if err := fields.Err(); err != nil {
		return nil, err
	}
	if c.Site.GetUscc() == f.Site.GetUscc() {
		return []es.Event{&permitsv1.FacilityChanged{Site: c.Site, Reason: c.Reason}}, nil
	}
	if c.Sequence == 0 {
		return nil, ErrSequenceNeeded
	}
	return []es.Event{&permitsv1.FacilityChanged{Site: c.Site, Reason: c.Reason, SiteSequence: c.Sequence}}, nil
}

func (c Change) compare(f Facility, fields *problem.Fields) {
	if c.Site.GetDivision() != f.Site.GetDivision() {
		fields.Add("site.division", c.Site.GetDivision(), "SITE_MOVED",
			"场所不能改到另一个县区；在新地点生产应登记新场所并重新申请许可（条例第十五条）。",
			"A site cannot move to another county; register a new site there and apply again (Decree 736 Art. 15).")
	}
	if c.Site.GetUscc() == "" && f.Site.GetUscc() != "" {
		fields.Add("site.uscc", "", "USCC_REQUIRED",
			"统一社会信用代码已经登记，不能清空。", "The credit code is already on record and cannot be emptied.")
	}
	if c.Site.GetExample() != f.Site.GetExample() {
		fields.Add("site.example", "", "EXAMPLE_FIXED",
			"示例场所与真实场所不能互相改换。", "A made-up site cannot become a real one, nor the reverse.")
	}
}

// Advise lists what a person should look at again.
func (c Change) Advise(Facility) []problem.Field { return doubts(c.Site) }

// Assign ties a site to the enterprise that runs it 认领场所.
type Assign struct {
	EnterpriseID string
}

// Decide ties the site once; a second firm is refused.
func (c Assign) Decide(f Facility) ([]es.Event, error) {
	switch f.EnterpriseID {
	case c.EnterpriseID:
		if f.Registered {
			return nil, nil
		}
		return nil, problem.ErrNotFound
	case "":
		if !f.Registered {
			return nil, problem.ErrNotFound
		}
		return []es.Event{&permitsv1.FacilityAssigned{EnterpriseId: c.EnterpriseID}}, nil
	}
	return nil, ErrAssigned
}

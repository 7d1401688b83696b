package desk

import (
	"context"
	"errors"
	"log/slog"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	"shiyang/services/permits/facility"
)

// CategorySite is the category of sites 生产经营场所, which every department
// works on.
const CategorySite = "facility"

// The categories of what can hold a site: discharge permits and registrations.
const (
	CategoryPermit       = "permit"
	CategoryRegistration = "registration"
)

// KeySite is the kind of key that holds "one permit or registration per site"
// (D736 Arts. 6, 24).
const KeySite = "permit-site"

// Site returns a site and the revision at which it was read. It fails with
// problem.ErrNotFound for a site that nobody registered.
func (d *Desk) Site(ctx context.Context, id string) (facility.Facility, es.Revision, error) {
	site, revision, err := d.sites.Load(ctx, id)
	if err == nil && !site.Registered {
		err = problem.ErrNotFound
	}
	return site, revision, err
}

// SiteFor returns a site for a method of the department that the caller may
// call on it.
func (d *Desk) SiteFor(ctx context.Context, who rpc.Caller, method, id string) (facility.Facility, error) {
	site, _, err := d.Site(ctx, id)
	if err != nil {
		return site, err
	}
	return site, rpc.Authorise(who, d.Method(method), ObjectOfSite(site))
}

// ObjectOfSite is what the table of rights must know of a site.
func ObjectOfSite(f facility.Facility) rpc.Object {
	return rpc.Object{County: f.Site.GetDivision(), FirmID: f.EnterpriseID}
}

// SiteHolder returns the stream of the permit or registration that holds a
// site, "" if none does.
func (d *Desk) SiteHolder(ctx context.Context, site string) (string, error) {
	holder, _, err := d.Keys.Holder(ctx, KeySite, site)
	return holder, err
}

// YieldSite frees a site whose registration holds it, because an application
// for a permit is about to be opened: the source moves up a tier. The
// registration itself stays in force until the grant. A site that a permit
// holds is left alone.
func (d *Desk) YieldSite(ctx context.Context, meta es.Meta, site string) error {
	current, err := d.Keys.Current(ctx, KeySite, site)
	if err != nil {
		return err
	}
	if category, _, _ := es.SplitStream(current.Holder); category != CategoryRegistration || !current.Confirmed {
		return nil
	}
	return d.Keys.Release(ctx, meta, KeySite, site, current.ID, "application for a permit")
}

// KeepSite confirms, because of a fact, the reservation under which a record
// was begun. A record that does not hold its site is told to the operator.
func (d *Desk) KeepSite(ctx context.Context, reaction string, f readmodel.Fact, site, reservation string) error {
	err := d.Keys.Confirm(ctx, d.Reacting(reaction, f), KeySite, site, reservation)
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, reserve.ErrTaken) {
		d.Logger.LogAttrs(ctx, slog.LevelError, "a record does not hold its site", slog.String("stream", f.Stream), slog.Any("error", err))
		return nil // trying again would not help: a person has to look
	}
	return err
}

// FreeSite gives a site back because of a fact of the record that held it.
func (d *Desk) FreeSite(ctx context.Context, reaction string, f readmodel.Fact, site, reason string) error {
	current, err := d.Keys.Current(ctx, KeySite, site)
	if err != nil || current.Holder != f.Stream {
		return err // freed before, or somebody else's by now
	}
	return d.Keys.Release(ctx, d.Reacting(reaction, f), KeySite, site, current.ID, reason)
}

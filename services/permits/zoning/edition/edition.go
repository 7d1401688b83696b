// Package edition holds an edition of control units and their access lists
// 生态环境分区管控成果: loaded as a whole from a file, never changed, taken back
// if it was wrong.
//
// The package is pure. Start with [Edition], then [Load]; [Parse] reads the
// file.
package edition

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Edition is what the stream of an edition says of it.
type Edition struct {
	Loaded    *permitsv1.ControlEditionLoaded // nil: it does not exist
	Units     []*permitsv1.ControlUnitEntered
	Withdrawn bool
	Reason    string
}

// Evolve applies one fact. It ignores events it does not know.
func (e Edition) Evolve(fact es.Fact) Edition {
	switch event := fact.Event.(type) {
	case *permitsv1.ControlEditionLoaded:
		e.Loaded = event
	case *permitsv1.ControlUnitEntered:
		e.Units = append(slices.Clip(e.Units), event)
	case *permitsv1.ControlEditionWithdrawn:
		e.Withdrawn, e.Reason = true, event.GetReason()
	}
	return e
}

// ValidFrom is the first day of the edition.
func (e Edition) ValidFrom() law.Date {
	day, err := law.ParseDate(e.Loaded.GetValidFrom().GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

// ErrLoaded refuses to load an edition twice.
var ErrLoaded = &problem.Error{
	Kind: problem.Rejected, Reason: "EDITION_LOADED",
	Text: act.Text("该版成果已经装载。", "This edition was loaded before."),
}

// Load loads an edition from its file.
type Load struct {
	act.Occasion
	Title, Version, Source string
	ValidFrom              law.Date
	Content                []byte // GeoJSON; see [Parse]
	Hash                   string // SHA-256 of Content, lower-case hex
	Example                bool
}

// Decide loads the edition: one event for it and one for each unit.
func (c Load) Decide(e Edition) ([]es.Event, error) {
	if e.Loaded != nil {
		return nil, ErrLoaded
	}
	units, err := Parse(c.Content)
	if err != nil {
		var wrong problem.Fields
		wrong.Add("content", "", "CONTENT_REFUSED", "文件有误："+err.Error(), "The file is wrong: "+err.Error())
		return nil, wrong.Err()
	}
	events := []es.Event{&permitsv1.ControlEditionLoaded{
		Title: c.Title, Version: c.Version, ValidFrom: &commonv1.Date{Iso: c.ValidFrom.String()}, Sha256: c.Hash,
		Units: int32(len(units)), Source: c.Source, Example: c.Example,
	}}
	for _, u := range units {
		events = append(events, u)
	}
	return events, nil
}

// Withdraw takes an edition back, so that it is never used again.
type Withdraw struct {
	act.Occasion
	Reason string
}

// Allowed is the part of the rule that needs no input.
func (Withdraw) Allowed(e Edition) error {
	if e.Loaded == nil {
		return problem.ErrNotFound
	}
	if e.Withdrawn {
		return ErrLoaded.With("该版成果已经撤下。", "This edition was taken back before.")
	}
	return nil
}

// Decide takes it back once.
func (c Withdraw) Decide(e Edition) ([]es.Event, error) {
	if err := c.Allowed(e); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.ControlEditionWithdrawn{Reason: c.Reason}}, nil
}

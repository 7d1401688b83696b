// Package lawlist decides which editions of a list of law data 法规数据版本 may
// be loaded. A list (the working days, the waste list) is one stream; each
// edition of it is one event, never changed and never taken back: a misread
// edition is corrected by a later one.
//
// The package is pure. Start with [Read], which makes an [Offer] of a file,
// then [Load].
package lawlist

import (
	"fmt"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Category of the streams.
const Category = "lawlist"

// ID is the record of a list: derived from its name, so that every program
// finds it without asking.
func ID(list law.List) string { return es.DerivedID(Category, string(list)) }

// Edition is an edition as its list remembers it.
type Edition struct {
	Name      string // "2027"
	ValidFrom law.Date
	ValidTo   law.Date // zero while open
	State     law.State
	Hash      string // SHA-256 of the content
}

// List is what the stream of a list says. The zero value is a list of which
// nothing was loaded.
type List struct{ Editions []Edition } // in the order of loading

// Evolve applies one fact. It ignores events it does not know.
func (l List) Evolve(fact es.Fact) List {
	e, ok := fact.Event.(*commonv1.LawEditionLoaded)
	if !ok {
		return l
	}
	return List{append(slices.Clip(l.Editions), Edition{
		Name: e.GetEdition(), ValidFrom: dateOf(e.GetValidFrom()), ValidTo: dateOf(e.GetValidTo()),
		State: law.State(e.GetState()), Hash: e.GetContent().GetSha256(),
	})}
}

// Named returns the latest edition with a name.
func (l List) Named(name string) (Edition, bool) {
	for _, e := range slices.Backward(l.Editions) {
		if e.Name == name {
			return e, true
		}
	}
	return Edition{}, false
}

// Load loads editions of one list, all or none, in the given order.
type Load struct{ Offers []Offer }

// Decide refuses a name that was used for other content, and a validity that
// contradicts what is loaded; the same content again changes nothing.
func (c Load) Decide(l List) ([]es.Event, error) {
	var events []es.Event
	for _, o := range c.Offers {
		known, named := l.Named(o.Version)
		if named && known.Hash == o.Hash {
			continue
		}
		if named && (known.State == law.Complete || o.State == law.Missing) {
			return nil, errNameUsed.WithErrors(field("edition", o.Version, "EDITION_NAME_USED",
				"该版本已装载，内容不同。版本不得改动：更正请另取名称，例如 "+o.Version+"-2。",
				"This edition is loaded with other content. Editions never change: to correct one, load it under another name such as "+o.Version+"-2."))
		}
		if err := l.contradicted(o); err != nil {
			return nil, err
		}
		e := o.event()
		events, l = append(events, e), l.Evolve(es.Fact{Event: e})
	}
	return events, nil
}

// contradicted finds a loaded edition with which an offer cannot stand. A
// later first day succeeds the older edition, the same days replace it, days
// before it fill a gap; what begins before another and runs into it, or begins
// with it and ends elsewhere, leaves open which of them holds.
func (l List) contradicted(o Offer) error {
	for _, e := range l.Editions {
		if e.State == law.Missing && e.ValidFrom == o.ValidFrom || o.ValidFrom.After(e.ValidFrom) {
			continue // it is the missing one, or it follows
		}
		if o.ValidFrom == e.ValidFrom && o.ValidTo != e.ValidTo {
			return problem.ErrInvalid.WithErrors(field("validTo", o.ValidTo.String(), "EDITION_CONTRADICTS",
				fmt.Sprintf("版本 %s 也自 %s 起施行，但截止日不同，请核对。", e.Name, e.ValidFrom),
				fmt.Sprintf("Edition %s begins on %s too and ends on another day. Check the last day.", e.Name, e.ValidFrom)))
		}
		if o.ValidFrom.Before(e.ValidFrom) && (o.ValidTo.IsZero() || !o.ValidTo.Before(e.ValidFrom)) {
			return problem.ErrInvalid.WithErrors(field("validTo", o.ValidTo.String(), "EDITION_CONTRADICTS",
				fmt.Sprintf("版本 %s 自 %s 起施行，本版本须在此之前截止。", e.Name, e.ValidFrom),
				fmt.Sprintf("Edition %s holds from %s. This one has to end before that day.", e.Name, e.ValidFrom)))
		}
	}
	return nil
}

var errNameUsed = &problem.Error{
	Kind: problem.Rejected, Reason: "EDITION_NAME_USED",
	Text: problem.Text{
		Zh: "这个版本名已用于其他内容，请另取版本名。", En: "The edition's name was used for other content. Give this one another name.",
	},
}

func field(path, value, reason, zh, en string) problem.Field {
	var fields problem.Fields
	fields.Add(path, value, reason, zh, en)
	return fields[0]
}

func dateOf(d *commonv1.Date) law.Date {
	day, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

func wireOf(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}

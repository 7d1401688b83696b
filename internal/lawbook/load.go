package lawbook

import (
	"context"
	"fmt"
	"log/slog"

	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/lawbook/lawlist"
)

// installer is who loads what the program carries.
const installer = "system:lawbook"

// Install loads the editions that this program carries and the log does not
// know, list by list. It is idempotent: its command ids derive from the
// editions, so many processes may do it at once. An edition of the program
// that the log knows with other content, or that contradicts what was loaded
// since, is left out and reported: the log holds.
func (l *Library) Install(ctx context.Context) error {
	for _, list := range law.Lists() {
		if err := l.install(ctx, list); err != nil {
			return fmt.Errorf("install law data: %s: %w", list, err)
		}
	}
	return l.catchUp(ctx)
}

func (l *Library) install(ctx context.Context, list law.List) error {
	state, _, err := l.lists.Load(ctx, lawlist.ID(list))
	if err != nil {
		return err
	}
	var offers []lawlist.Offer
	id := []string{installer, string(list)}
	for _, e := range inUse(l.carried, nil, list) {
		known, named := state.Named(e.Version)
		if named && known.Hash == e.Hash {
			continue
		}
		offer := lawlist.Offer{Edition: e.Edition, Source: e.Source}
		if _, err := (lawlist.Load{Offers: append(offers, offer)}).Decide(state); err != nil {
			l.log.LogAttrs(ctx, slog.LevelWarn, "an edition of the program is left out: the log holds another",
				slog.String("edition", e.ID), slog.Any("error", err))
			continue
		}
		offers, id = append(offers, offer), append(id, e.Hash)
	}
	if len(offers) == 0 {
		return nil
	}
	meta := es.Meta{
		CommandID: es.DerivedID(id...), CommandHash: "install", Client: "lawbook",
		Actor: es.Actor{ID: installer, Role: "system"}, LawVersion: l.Book().Version(),
	}
	_, err = l.load(ctx, list, meta, offers...)
	return err
}

// Load loads an edition: first its content, durably, then the fact. The list's
// editions of the program are installed before, so that the log tells the
// whole list. It returns when the edition is in the book.
func (l *Library) Load(ctx context.Context, meta es.Meta, offer lawlist.Offer) (es.Receipt, error) {
	if err := l.install(ctx, offer.List); err != nil {
		return es.Receipt{}, err
	}
	receipt, err := l.load(ctx, offer.List, meta, offer)
	if err != nil {
		return es.Receipt{}, err
	}
	return receipt, l.WaitFor(ctx, receipt.Position)
}

// Check tells whether an edition could be loaded, and the book with it.
func (l *Library) Check(ctx context.Context, offer lawlist.Offer) (*law.Book, error) {
	state, _, err := l.lists.Load(ctx, lawlist.ID(offer.List))
	if err != nil {
		return nil, err
	}
	if len(state.Editions) == 0 { // nothing installed yet: against what the program carries
		for _, e := range inUse(l.carried, nil, offer.List) {
			state.Editions = append(state.Editions, lawlist.Edition{
				Name: e.Version, ValidFrom: e.ValidFrom, ValidTo: e.ValidTo, State: e.State, Hash: e.Hash,
			})
		}
	}
	events, err := lawlist.Load{Offers: []lawlist.Offer{offer}}.Decide(state)
	if err != nil || len(events) == 0 {
		return l.Book(), err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := append(inUse(l.carried, l.entries, offer.List), Entry{Edition: offer.Edition})
	for _, e := range l.entries {
		if e.List != offer.List {
			all = append(all, e)
		}
	}
	return compose(l.carried, all), nil
}

func (l *Library) load(ctx context.Context, list law.List, meta es.Meta, offers ...lawlist.Offer) (es.Receipt, error) {
	state, _, err := l.lists.Load(ctx, lawlist.ID(list))
	if err != nil {
		return es.Receipt{}, err
	}
	command := lawlist.Load{Offers: offers}
	if _, err := command.Decide(state); err != nil { // what is refused leaves no content behind
		return es.Receipt{}, err
	}
	for _, o := range offers {
		if err := l.contents.Put(ctx, blob.Key(o.Hash), o.Content()); err != nil {
			return es.Receipt{}, fmt.Errorf("store edition %s: %w", o.ID, err)
		}
	}
	return l.lists.Execute(ctx, lawlist.ID(list), meta, command)
}

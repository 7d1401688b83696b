// Package lawbook keeps the editions of law data 法规数据 that were loaded, and
// the book that follows from them (D8: law is data).
//
//	file ─▶ lawlist.Read ─▶ Library.Load ─▶ bucket (content by hash)
//	                                    └─▶ lawlist-<uuid>: LawEditionLoaded
//	                                              │
//	every process: Library ◀── follows the log ───┘
//	    Book()      the law of now
//	    BookAt(p)   the law as the log tells it up to position p: replay = live
//
// A list of which anything was loaded follows the log alone; a list of which
// nothing was loaded yet follows the data that the program carries.
// [Library.Install] loads the latter as events, so that a later program with
// other data still reads this log as it was.
//
// The package may import internal/law, the kernel and its own child lawlist
// (which editions may be loaded). Start with [Library].
package lawbook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
)

// Contents is the bucket in which the editions lie; a blob.Files is one.
type Contents interface {
	Put(ctx context.Context, key string, content []byte) error
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// Deps are what a library stands on. All but Now and Logger are required.
type Deps struct {
	Store    es.Store
	Source   readmodel.Source
	Contents Contents
	Carried  *law.Book // the data of this program: law.Embedded()
	Now      func() time.Time
	Logger   *slog.Logger
}

// Entry is one edition in use.
type Entry struct {
	law.Edition
	Source     string
	Position   es.Position // 0 while only the program carries it
	RecordedAt time.Time   // zero while only the program carries it
}

// Library follows the lists of law data in the log. It is safe for concurrent
// use.
type Library struct {
	lists    *es.Repository[lawlist.List]
	store    es.Store
	source   readmodel.Source
	contents Contents
	carried  *law.Book
	log      *slog.Logger

	reading   chan struct{} // held by whoever reads the lists
	revisions map[law.List]es.Revision

	mu      sync.RWMutex
	reached es.Position // everything up to here is in the book
	failed  es.Position // the event that cannot be read, with its failure
	failure error
	entries []Entry // of the log, in its order
	books   []edition
}

// edition is the book from one position of the log on.
type edition struct {
	from es.Position
	book *law.Book
}

// ErrContentMissing reports an edition in the log whose content cannot be
// read. The last good book stays in use; what must not go on without the
// edition waits until the content is back in the bucket.
var ErrContentMissing = &problem.Error{
	Kind: problem.Unavailable, Reason: "LAW_CONTENT_MISSING",
	Text: problem.Text{
		Zh: "已装载的法规数据文件缺失或损坏，请管理员恢复附件库。",
		En: "The content of a loaded edition of law data is missing or damaged. The administrator has to restore the bucket.",
	},
}

// Open reads the lists up to the head of the log. An edition whose content is
// missing is no error here: see [Library.Ready].
func Open(ctx context.Context, d Deps) (*Library, error) {
	l := &Library{
		lists: es.NewRepository[lawlist.List](lawlist.Category, d.Store, es.Options{Now: d.Now}),
		store: d.Store, source: d.Source, contents: d.Contents, carried: d.Carried, log: d.Logger,
		reading: make(chan struct{}, 1), revisions: map[law.List]es.Revision{},
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.books = []edition{{0, compose(d.Carried, nil)}}
	if err := l.catchUp(ctx); err != nil && !errors.Is(err, ErrContentMissing) {
		return nil, err
	}
	return l, nil
}

// Run follows the log until ctx ends and then returns nil.
func (l *Library) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		l.mu.RLock()
		from := l.reached
		l.mu.RUnlock()
		err := l.catchUp(ctx)
		if err == nil {
			err = l.follow(ctx, from)
		}
		if ctx.Err() == nil {
			l.log.LogAttrs(ctx, slog.LevelError, "law data is not up to date", slog.Any("error", err))
			pause(ctx)
		}
	}
	return nil
}

// follow reads the lists again whenever the log tells of one.
func (l *Library) follow(ctx context.Context, from es.Position) error {
	for d, err := range l.source.Subscribe(ctx, from, []string{lawlist.Category + "-"}) {
		if err == nil && d.Event != nil {
			err = l.WaitFor(ctx, d.Position)
		}
		if err != nil {
			return err
		}
	}
	return errors.New("the subscription ended")
}

// pause waits between one and two seconds, so that processes do not try
// together.
func pause(ctx context.Context) {
	timer := time.NewTimer(time.Second + rand.N(time.Second)) //nolint:gosec // jitter needs no secrecy
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Book returns the law of now: every edition that was loaded and read.
func (l *Library) Book() *law.Book {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.books[len(l.books)-1].book
}

// BookAt returns the law as the log tells it up to a position, which is the
// same in a replay as it was live. Whoever has seen an edition in the log asks
// [Library.WaitFor] first. It fails with [ErrContentMissing] where an edition
// up to there cannot be read.
func (l *Library) BookAt(p es.Position) (*law.Book, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.failure != nil && p >= l.failed {
		return nil, l.failure
	}
	i, found := slices.BinarySearchFunc(l.books, p, func(e edition, p es.Position) int { return cmp.Compare(e.from, p) })
	if !found {
		i--
	}
	return l.books[i].book, nil
}

// WaitFor returns when every edition up to a position is in the book.
func (l *Library) WaitFor(ctx context.Context, p es.Position) error {
	l.mu.RLock()
	there := l.reached >= p
	l.mu.RUnlock()
	if there {
		return nil
	}
	err := l.catchUp(ctx)
	if errors.Is(err, ErrContentMissing) {
		_, err = l.BookAt(p)
	}
	return err
}

// Ready fails while an edition in the log cannot be read.
func (l *Library) Ready() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.failure
}

// Settle waits until every edition in the log is in the book.
func (l *Library) Settle(ctx context.Context) error { return l.catchUp(ctx) }

// Editions returns the editions in use by list, in the order of loading.
func (l *Library) Editions() []Entry {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []Entry
	for _, list := range law.Lists() {
		all = append(all, inUse(l.carried, l.entries, list)...)
	}
	return all
}

// History yields the events of a list by its record id.
func (l *Library) History(ctx context.Context, id string) iter.Seq2[es.Recorded, error] {
	return l.lists.History(ctx, id)
}

// catchUp reads what the lists gained since they were read last and puts it
// into the book in the order of the log.
func (l *Library) catchUp(ctx context.Context) error {
	select {
	case l.reading <- struct{}{}:
		defer func() { <-l.reading }()
	case <-ctx.Done():
		return fmt.Errorf("read law data: %w", ctx.Err())
	}
	head, err := l.source.Head(ctx)
	if err != nil {
		return fmt.Errorf("read law data: %w", err)
	}
	var news []es.Recorded
	for _, list := range law.Lists() {
		stream := es.StreamName(lawlist.Category, lawlist.ID(list))
		for rec, err := range l.store.Read(ctx, stream, l.revisions[list]) {
			if err != nil {
				return fmt.Errorf("read law data: %s: %w", list, err)
			}
			news = append(news, rec)
		}
	}
	slices.SortFunc(news, func(x, y es.Recorded) int { return cmp.Compare(x.Position, y.Position) })
	for _, rec := range news {
		if err := l.take(ctx, rec); err != nil {
			return l.fail(rec.Position, err)
		}
		head = max(head, rec.Position)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reached, l.failure = max(l.reached, head), nil
	return nil
}

func (l *Library) fail(at es.Position, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed, l.failure = at, err
	return err
}

// take puts one edition into the book.
func (l *Library) take(ctx context.Context, rec es.Recorded) error {
	e, ok := rec.Event.(*commonv1.LawEditionLoaded)
	if !ok {
		return nil
	}
	read, err := l.read(ctx, e)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revisions[read.List] = rec.Revision
	l.entries = append(l.entries, Entry{read, e.GetSource(), rec.Position, rec.Meta.RecordedAt})
	l.books = append(l.books, edition{rec.Position, compose(l.carried, l.entries)})
	return nil
}

// read fetches the content of an edition and proves it by its hash. What the
// program carries itself needs no fetching.
func (l *Library) read(ctx context.Context, e *commonv1.LawEditionLoaded) (law.Edition, error) {
	hash := e.GetContent().GetSha256()
	for _, own := range l.carried.Editions(law.List(e.GetList())) {
		if own.Hash == hash {
			return own, nil
		}
	}
	missing := func(cause error) error {
		return fmt.Errorf("edition %s of %s, content %s: %w: %w", e.GetEdition(), e.GetList(), hash, ErrContentMissing, cause)
	}
	file, err := l.contents.Open(ctx, blob.Key(hash))
	if err != nil {
		return law.Edition{}, missing(err)
	}
	content, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return law.Edition{}, missing(err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return law.Edition{}, missing(errors.New("its content has another hash"))
	}
	read, err := law.ParseEdition(law.List(e.GetList()), content)
	if err != nil {
		return law.Edition{}, missing(err)
	}
	return read, nil
}

// compose makes the book of what the log tells and, for lists of which it
// tells nothing, of what the program carries. The order is that of law.Lists,
// so that the book's version depends on nothing but its editions.
func compose(carried *law.Book, logged []Entry) *law.Book {
	var all []law.Edition
	for _, list := range law.Lists() {
		for _, e := range inUse(carried, logged, list) {
			all = append(all, e.Edition)
		}
	}
	return law.NewBook(all...)
}

// inUse are the editions of one list, in the order of loading.
func inUse(carried *law.Book, logged []Entry, list law.List) (used []Entry) {
	for _, e := range logged {
		if e.List == list {
			used = append(used, e)
		}
	}
	if used != nil {
		return used
	}
	for _, e := range carried.AllEditions() {
		if e.List == list {
			used = append(used, Entry{Edition: e, Source: "program"})
		}
	}
	return used
}

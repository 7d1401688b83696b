package lawbook_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/law"
	"shiyang/internal/lawbook"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel/readmodeltest"
)

// notice2027 is a made-up notice that frees Tuesday 2027-01-05.
const notice2027 = "date,is_workday,kind,name_zh\n2027-01-01,0,holiday,元旦\n2027-01-05,0,holiday,示例\n"

var now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// shelf is a log, a bucket and what may open libraries on them.
type shelf struct {
	t     *testing.T
	store es.Store
	log   *readmodeltest.Log
	dir   string
	files *blob.Files
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	store := memstore.New(es.NewCodec(&estest.Keyring{}))
	s := &shelf{t: t, store: store, log: readmodeltest.Follow(store), dir: t.TempDir()}
	files, err := blob.OpenFiles(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	s.files = files
	return s
}

// open opens a library as a process of a program with this data does.
func (s *shelf) open(carried *law.Book) *lawbook.Library {
	s.t.Helper()
	l, err := lawbook.Open(s.t.Context(), lawbook.Deps{
		Store: s.store, Source: s.log, Contents: s.files, Carried: carried, Now: func() time.Time { return now },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func (s *shelf) path(o lawlist.Offer) string {
	return filepath.Join(s.dir, filepath.FromSlash(blob.Key(o.Hash)))
}

// events counts the log.
func (s *shelf) events() (n int) {
	for range s.log.Store.Raw(0) {
		n++
	}
	return n
}

func meta(id string) es.Meta {
	return es.Meta{CommandID: id, CommandHash: "h", Actor: es.Actor{ID: "head", Role: "head"}}
}

func newMeta() es.Meta { return meta(uuid.NewString()) }

func calendar(t *testing.T, name, content string) lawlist.Offer {
	t.Helper()
	o, err := lawlist.Read(lawlist.Heading{
		List: law.ListWorkingDays, Edition: name, From: law.MustParseDate("2027-01-01"), To: law.MustParseDate("2027-12-31"), Source: "example",
	}, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// due is the last day of three working days from Monday 2027-01-04.
func due(t *testing.T, book *law.Book) string {
	t.Helper()
	d, err := book.Deadline(law.Ask{Period: "permit-completeness-notice", Start: law.MustParseDate("2027-01-04")})
	if err != nil {
		t.Fatal(err)
	}
	if d.Provisional {
		return d.Due.String() + "?"
	}
	return d.Due.String()
}

func TestEmptyLogFollowsTheProgram(t *testing.T) {
	l := newShelf(t).open(law.Embedded())
	if got := due(t, l.Book()); got != "2027-01-07?" {
		t.Errorf("due on %s", got)
	}
	if got, want := len(l.Editions()), len(law.Embedded().AllEditions()); got != want {
		t.Errorf("%d editions, want %d", got, want)
	}
	if err := l.Ready(); err != nil {
		t.Error(err)
	}
}

func TestInstallTellsTheLogOnce(t *testing.T) {
	s := newShelf(t)
	l := s.open(law.Embedded())
	before := l.Book().Version()
	for range 2 {
		if err := l.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.events(), len(law.Embedded().AllEditions()); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	if got := l.Book().Version(); got != before {
		t.Errorf("installing the same data made %s of %s", got, before)
	}
	for _, e := range l.Editions() {
		content, err := s.files.Open(t.Context(), blob.Key(e.Hash))
		if err != nil || e.Position == 0 || e.RecordedAt.IsZero() {
			t.Errorf("%s at %d: %v", e.ID, e.Position, err)
			continue
		}
		_ = content.Close()
	}
}

// Many processes start at once.
func TestInstallTogether(t *testing.T) {
	s := newShelf(t)
	var together sync.WaitGroup
	for range 3 {
		l := s.open(law.Embedded())
		together.Go(func() {
			if err := l.Install(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if got, want := s.events(), len(law.Embedded().AllEditions()); got != want {
		t.Errorf("%d events, want %d", got, want)
	}
}

func TestLoadedEditionIsInForce(t *testing.T) {
	s := newShelf(t)
	l, elsewhere := s.open(law.Embedded()), s.open(law.Embedded())
	notice := calendar(t, "2027", notice2027)
	checked, err := l.Check(t.Context(), notice)
	if err != nil || s.log.Store.Head() != 0 {
		t.Fatalf("checking: %v, %d events", err, s.log.Store.Head())
	}
	m := newMeta()
	receipt, err := l.Load(t.Context(), m, notice)
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.Load(t.Context(), m, notice)
	if err != nil || !again.Repeated || again.Position != receipt.Position {
		t.Errorf("the same command: %+v, %v", again, err)
	}
	if got := due(t, l.Book()); got != "2027-01-08" {
		t.Errorf("due on %s", got)
	}
	if l.Book().Version() != checked.Version() {
		t.Error("the dry run named another book")
	}
	if day, _ := l.Book().EditionAt(law.ListWorkingDays, law.MustParseDate("2026-10-01")); day.Version != "2024-2026" {
		t.Errorf("the older calendar is lost: %s", day.ID)
	}
	if err := elsewhere.WaitFor(t.Context(), receipt.Position); err != nil || elsewhere.Book().Version() != l.Book().Version() {
		t.Errorf("another process: %v", err)
	}
	if replayed := s.open(law.Embedded()); replayed.Book().Version() != l.Book().Version() {
		t.Error("a replay makes another book")
	}
}

func TestBookAsOfAPosition(t *testing.T) {
	s := newShelf(t)
	l := s.open(law.Embedded())
	receipt, err := l.Load(t.Context(), newMeta(), calendar(t, "2027", notice2027))
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[es.Position]string{0: "2027-01-07?", receipt.Position - 1: "2027-01-07?", receipt.Position: "2027-01-08", receipt.Position + 9: "2027-01-08"} {
		book, err := l.BookAt(p)
		if err != nil || due(t, book) != want {
			t.Errorf("at %d due on %s, want %s (%v)", p, due(t, book), want, err)
		}
	}
}

func TestRefusedEditionLeavesNothing(t *testing.T) {
	s := newShelf(t)
	l := s.open(law.Embedded())
	if _, err := l.Load(t.Context(), newMeta(), calendar(t, "2027", notice2027)); err != nil {
		t.Fatal(err)
	}
	other := calendar(t, "2027", notice2027+"2027-01-06,0,holiday,示例\n")
	head := s.log.Store.Head()
	for name, do := range map[string]func() error{
		"load":  func() error { _, err := l.Load(t.Context(), newMeta(), other); return err },
		"check": func() error { _, err := l.Check(t.Context(), other); return err },
	} {
		if err := do(); !errors.Is(err, &problem.Error{Reason: "EDITION_NAME_USED"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(s.path(other)); !errors.Is(err, os.ErrNotExist) || s.log.Store.Head() != head {
		t.Errorf("something was written: %v", err)
	}
}

// A later program carries more; what the log holds stays as it was.
func TestLaterProgram(t *testing.T) {
	s := newShelf(t)
	if err := s.open(law.Embedded()).Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	was := law.Embedded().Editions(law.ListWorkingDays)[0]
	changed, err := law.ParseEdition(law.ListWorkingDays, append(was.Content(), "2026-12-31,Thu,0,holiday,示例,1,example,K\n"...))
	if err != nil {
		t.Fatal(err)
	}
	later := s.open(law.Embedded().With(changed, calendar(t, "2027", notice2027).Edition))
	if err := later.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	if later.Book().Calendar().IsWorkingDay(law.MustParseDate("2026-12-31")) != law.Embedded().Calendar().IsWorkingDay(law.MustParseDate("2026-12-31")) {
		t.Error("an edition of the log was replaced under its name")
	}
	if got := due(t, later.Book()); got != "2027-01-08" {
		t.Errorf("the new edition is not installed: due on %s", got)
	}
	if old := s.open(law.Embedded()); old.Book().Version() != later.Book().Version() {
		t.Error("two programs read two books from one log")
	}
}

func TestMissingContentKeepsTheLastGoodBook(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"missing": os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("date\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			notice := calendar(t, "2027", notice2027)
			receipt, err := s.open(law.Embedded()).Load(t.Context(), newMeta(), notice)
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(s.path(notice)); err != nil {
				t.Fatal(err)
			}
			l := s.open(law.Embedded())
			if err := l.Ready(); !errors.Is(err, lawbook.ErrContentMissing) || !strings.Contains(err.Error(), notice.Hash) {
				t.Errorf("ready: %v", err)
			}
			if got := due(t, l.Book()); got != "2027-01-07?" {
				t.Errorf("the last good book is lost: %s", got)
			}
			if _, err := l.BookAt(receipt.Position); !errors.Is(err, lawbook.ErrContentMissing) {
				t.Errorf("an answer without the edition: %v", err)
			}
			if _, err := l.BookAt(receipt.Position - 1); err != nil {
				t.Errorf("the law before it: %v", err)
			}
			if err := l.WaitFor(t.Context(), receipt.Position); !errors.Is(err, lawbook.ErrContentMissing) {
				t.Errorf("waited for nothing: %v", err)
			}
			if err := s.files.Put(t.Context(), blob.Key(notice.Hash), notice.Content()); err != nil {
				t.Fatal(err)
			}
			if err := l.Settle(t.Context()); err != nil || l.Ready() != nil || due(t, l.Book()) != "2027-01-08" {
				t.Errorf("not mended: %v, %v", err, l.Ready())
			}
		})
	}
}

// Run takes up what others load, and mends itself when content comes back.
func TestRunFollowsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		l := s.open(law.Embedded())
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			if err := l.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		notice := calendar(t, "2027", notice2027)
		if _, err := s.open(law.Embedded()).Load(t.Context(), newMeta(), notice); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := due(t, l.Book()); got != "2027-01-08" {
			t.Errorf("due on %s", got)
		}
		second := calendar(t, "2027-2", "date,is_workday,kind,name_zh\n2027-01-01,0,holiday,元旦\n2027-01-09,1,makeup_workday,示例\n")
		if err := os.MkdirAll(filepath.Dir(s.path(second)), 0o700); err != nil {
			t.Fatal(err)
		}
		fact, err := lawlist.Load{Offers: []lawlist.Offer{second}}.Decide(lawlist.List{})
		if err != nil {
			t.Fatal(err)
		}
		s.log.Append(t, es.StreamName(lawlist.Category, lawlist.ID(law.ListWorkingDays)), fact...)
		synctest.Wait()
		if err := l.Ready(); !errors.Is(err, lawbook.ErrContentMissing) {
			t.Errorf("ready: %v", err)
		}
		if err := s.files.Put(t.Context(), blob.Key(second.Hash), second.Content()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second) // of the test's own clock
		synctest.Wait()
		if err := l.Ready(); err != nil || due(t, l.Book()) != "2027-01-07" {
			t.Errorf("not mended: %v, due on %s", err, due(t, l.Book()))
		}
	})
}

func TestEditionsAreListed(t *testing.T) {
	s := newShelf(t)
	l := s.open(law.Embedded())
	if _, err := l.Load(t.Context(), newMeta(), calendar(t, "2027", notice2027)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range l.Editions() {
		if e.List == law.ListWorkingDays {
			names = append(names, e.Version+" "+e.Source)
		}
	}
	if !slices.Equal(names, []string{"2024-2026 program", "2027 example"}) {
		t.Errorf("listed %v", names)
	}
}

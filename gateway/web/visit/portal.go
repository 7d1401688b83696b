package visit

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/static"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// MostForm bounds a form without files.
const MostForm = 1 << 20

// mostEntries of one group of the menu are listed; a longer group ends in a
// page that lists all of it.
const mostEntries = 7

// Portal composes the departments. Safe for concurrent use.
type Portal struct {
	Deps
	departments []Department
	names       words.Names
}

// NewPortal composes departments; their entries stand in the menu in the
// order given.
func NewPortal(d Deps, departments ...Department) *Portal {
	p := &Portal{Deps: d, departments: departments}
	for _, d := range departments {
		p.names.Add(d.Names)
	}
	return p
}

// Records are the kinds of records of all departments.
func (v *Visit) Records() []Record {
	var all []Record
	for _, d := range v.portal.departments {
		all = append(all, d.Records...)
	}
	return all
}

// Handler answers the addresses of all departments in both languages, the
// static files, uploaded files and the lists of long menu groups, and sends /
// to one of the languages. Two departments with the same address are a
// mistake of the programmer: it panics.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{file}", static.Serve)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/"+string(preferred(r.Header.Get("Accept-Language")))+"/", http.StatusSeeOther)
	})
	routes := Routes(Page("GET /files/{sha256}", file), Page("GET /menu/{group}", p.group))
	for _, d := range p.departments {
		routes = append(routes, d.Routes...)
	}
	for _, l := range words.Langs {
		for _, rt := range routes {
			method, path, _ := strings.Cut(rt.pattern, " ")
			mux.HandleFunc(method+" /"+string(l)+path, p.serve(l, rt))
		}
		mux.HandleFunc("/"+string(l)+"/", func(w http.ResponseWriter, r *http.Request) {
			p.Begin(w, r, l).Fail(problem.ErrNotFound.With(words.ErrNotFoundWhy.Zh, words.ErrNotFoundWhy.En))
		})
	}
	return mux
}

func (p *Portal) serve(l words.Lang, rt Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := p.Begin(w, r, l)
		if v.Session == nil && !rt.public {
			v.Fail(errSignIn)
			return
		}
		if err := rt.page(v); err != nil {
			v.Fail(err)
		}
	}
}

// Begin makes the visit of a request and finds its session.
func (p *Portal) Begin(w http.ResponseWriter, r *http.Request, l words.Lang) *Visit {
	v := p.Stranger(w, r, l)
	c, err := r.Cookie(v.CookieName())
	if err != nil || c.Value == "" {
		return v
	}
	s, err := p.Sessions.Session(v.Text(), c.Value)
	if err != nil {
		if refused := rpc.ProblemFrom(err); refused == nil || refused.Kind != problem.Unknown {
			p.Logger.ErrorContext(v.Text(), "session not readable", slog.Any("error", err))
		}
		return v
	}
	v.Session, v.Cookie = &s, c.Value
	return v
}

// Stranger makes the visit of a request without looking for its session.
func (p *Portal) Stranger(w http.ResponseWriter, r *http.Request, l words.Lang) *Visit {
	ctx := words.WithNames(words.With(r.Context(), l), &p.names)
	return &Visit{Deps: p.Deps, W: w, R: r.WithContext(ctx), Lang: l, portal: p, correl: p.NewID()}
}

// CookieName carries the prefix that binds a cookie to this host and to TLS;
// a browser takes it only over TLS.
func (d Deps) CookieName() string {
	if d.Secure {
		return "__Host-shiyang"
	}
	return "shiyang"
}

// Waiting asks every department what waits for the visitor. A department that
// cannot answer now is logged and left out.
func (v *Visit) Waiting() []Waiting {
	var all []Waiting
	for _, d := range v.portal.departments {
		if d.Work == nil || !v.May(d.Asks) {
			continue
		}
		list, err := d.Work(v)
		if err != nil {
			v.Logger.WarnContext(v.Text(), "work of a department not readable", slog.String("method", d.Asks), slog.Any("error", err))
			continue
		}
		for _, w := range list {
			if w.Count > 0 {
				all = append(all, w)
			}
		}
	}
	return all
}

// preferred picks the language that a browser asks for first.
func preferred(accept string) words.Lang {
	for part := range strings.SplitSeq(strings.ToLower(accept), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(tag, "-")
		if l, ok := words.Parse(primary); ok {
			return l
		}
	}
	return words.Zh
}

// entries are those of a group that a role sees.
func (p *Portal) entries(r rpc.Role, g Group) []Entry {
	var list []Entry
	for _, d := range p.departments {
		for _, e := range d.Entries {
			if e.Group == g && e.seenBy(r) {
				list = append(list, e)
			}
		}
	}
	return list
}

// groups of the menu of a role. People of firms have the first two as one.
func (p *Portal) groups(r rpc.Role) (titles []words.Text, lists [][]Entry) {
	todo, regulated, look := p.entries(r, ToDo), p.entries(r, Regulated), p.entries(r, LookUp)
	if IsFirm(r) {
		return []words.Text{words.MenuFirm, words.MenuLookUp}, [][]Entry{append(todo, regulated...), look}
	}
	return []words.Text{words.MenuWork, words.MenuRegulated, words.MenuLookUp}, [][]Entry{todo, regulated, look}
}

// menu is the side menu of a role: at most three groups, each at most
// [mostEntries] long, and only what the role may open.
func (p *Portal) menu(r rpc.Role) []component.MenuGroup {
	titles, lists := p.groups(r)
	var menu []component.MenuGroup
	for i, list := range lists {
		g := component.MenuGroup{Title: titles[i]}
		for n, e := range list {
			if n == mostEntries-1 && len(list) > mostEntries {
				g.Items = append(g.Items, component.MenuItem{Icon: "menu", Text: words.MenuMore, Path: morePath(i)})
				break
			}
			g.Items = append(g.Items, component.MenuItem{Icon: e.Icon, Text: e.Text, Path: e.Path})
		}
		if len(g.Items) > 0 {
			menu = append(menu, g)
		}
	}
	return menu
}

func morePath(group int) string { return "/menu/" + strconv.Itoa(group+1) }

// group is the page that lists all entries of a group.
func (p *Portal) group(v *Visit) error {
	titles, lists := p.groups(v.Role())
	for i := range lists {
		if path := morePath(i); path == "/menu/"+v.R.PathValue("group") {
			return v.Show(http.StatusOK, groupPage(v.Frame(titles[i].In(v.Text()), path), titles[i], lists[i]))
		}
	}
	return problem.ErrNotFound
}

// tabs finds the menu entry that a page belongs to and the tabs that a role
// sees on it. A page of an entry that is not in the menu marks the list of
// its group.
func (p *Portal) tabs(r rpc.Role, here string) (entry string, tabs []component.Tab) {
	entry = here
	_, lists := p.groups(r)
	for i, list := range lists {
		for n, e := range list {
			mine := e.Path == here
			var shown []component.Tab
			for _, t := range e.Tabs {
				mine = mine || t.Path == here
				if t.Method == "" || May(r, t.Method) {
					shown = append(shown, component.Tab{Text: t.Text, Path: t.Path, Here: t.Path == here})
				}
			}
			if !mine {
				continue
			}
			if len(shown) > 1 {
				tabs = shown
			}
			if entry = e.Path; n >= mostEntries-1 && len(list) > mostEntries {
				entry = morePath(i)
			}
			return entry, tabs
		}
	}
	return entry, nil
}

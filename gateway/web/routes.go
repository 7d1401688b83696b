package web

import (
	"net/http"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/static"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// route is one page: its method and path below the language, and whether
// somebody must be signed in.
type route struct {
	pattern string
	page    func(*visit) error
	public  bool
}

// table lists every page. Paths that end in a form answer GET and POST.
func (p *pages) table() []route {
	form := func(pattern string, build func(*visit) (*task, error)) []route {
		page := p.tasks(build)
		return []route{{"GET " + pattern, page, false}, {"POST " + pattern, page, false}}
	}
	open := func(pattern string, page func(*visit) error) []route {
		return []route{{pattern, page, true}}
	}
	own := func(pattern string, page func(*visit) error) []route {
		return []route{{pattern, page, false}}
	}
	var all []route
	for _, rs := range [][]route{
		open("GET /{$}", p.front), open("POST /sign-in", p.signIn), own("POST /sign-out", p.signOut),
		open("GET /accounts/open", p.tasks(p.openAccount)), open("POST /accounts/open", p.tasks(p.openAccount)),
		open("GET /register", p.register), open("GET /register/{number}", p.entry),
		open("GET /indicators", p.indicators), open("GET /places", p.places),
		open("GET /help", p.help), open("GET /accessibility", p.accessibility),

		own("GET /home", p.home), own("GET /seats", p.seats), own("POST /seats", p.switchSeat),
		own("GET /account", p.account), form("/account/password", p.changePassword),
		own("GET /firm-applications", p.firmApplications), form("/firm-applications/new", p.applyForFirm),
		form("/firm-applications/{id}", p.decideFirm), form("/invitations", p.acceptInvitation),
		own("GET /firm", p.ownFirm), own("GET /firms/{id}", p.firm),
		form("/firms/{id}/invite", p.invite), form("/firms/{id}/revoke/{account}", p.revokeMember),
		own("GET /accounts", p.accounts), form("/accounts/new", p.newStaff),
		form("/accounts/{id}/grant", p.grantRole), form("/accounts/{id}/revoke", p.revokeRole),
		form("/accounts/{id}/reset-password", p.resetPassword), form("/accounts/{id}/disable", p.disableAccount),

		own("GET /files/{sha256}", p.file),
		own("GET /facilities", p.sites), form("/facilities/new", p.registerSite), own("GET /facilities/{id}", p.site),
		form("/facilities/{id}/change", p.changeSite), form("/facilities/{id}/assign", p.assignSite),
		form("/facilities/{id}/apply", p.openApplication),
		own("GET /permits", p.permits), own("GET /permits/{id}", p.permit), own("GET /permits/{id}/print", p.paper),
		form("/permits/{id}/act/{act}", p.act),
		own("GET /permits/{id}/apply", p.applyStart), own("GET /permits/{id}/apply/{step}", p.applyStep),
		own("POST /permits/{id}/apply/{step}", p.saveStep),

		own("GET /audit", p.audit), own("POST /audit/replay-check", p.replayCheck),
		own("GET /records", p.findRecord), own("GET /records/{category}/{id}", p.replay),
	} {
		all = append(all, rs...)
	}
	return all
}

func (p *pages) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{file}", static.Serve)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		http.Redirect(w, r, "/"+string(preferred(r.Header.Get("Accept-Language")))+"/", http.StatusFound)
	})
	for _, l := range words.Langs {
		for _, rt := range p.table() {
			method, path, _ := strings.Cut(rt.pattern, " ")
			mux.HandleFunc(method+" /"+string(l)+path, p.serve(l, rt))
		}
		mux.HandleFunc("/"+string(l)+"/", func(w http.ResponseWriter, r *http.Request) {
			p.begin(w, r, l).fail(problem.ErrNotFound.With(words.ErrNotFoundWhy.Zh, words.ErrNotFoundWhy.En))
		})
	}
	return mux
}

func (p *pages) serve(l words.Lang, rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := p.begin(w, r, l)
		if v.session == nil && !rt.public {
			v.fail(errSignIn)
			return
		}
		if err := rt.page(v); err != nil {
			v.fail(err)
		}
	}
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

// may tells whether a role may call a method at all; what it may do with one
// record is for the service to say.
var may = func() map[string]map[rpc.Role]bool {
	rights := map[string]map[rpc.Role]bool{}
	for _, rule := range rpc.Policy {
		method := rule.Method[strings.LastIndex(rule.Method, "/")+1:]
		if rights[method] == nil {
			rights[method] = map[rpc.Role]bool{}
		}
		for _, role := range rule.Roles {
			rights[method][role] = true
		}
	}
	return rights
}()

func isFirm(r rpc.Role) bool {
	return r == rpc.FirmAdmin || r == rpc.FirmHandler || r == rpc.Consultant
}

// menuOf is the side menu of a role: at most three groups, and only what the
// role may open.
func menuOf(r rpc.Role) []component.MenuGroup {
	type entry struct {
		method string
		item   component.MenuItem
	}
	group := func(title words.Text, entries ...entry) component.MenuGroup {
		g := component.MenuGroup{Title: title}
		for _, e := range entries {
			if e.method == "" || may[e.method][r] {
				g.Items = append(g.Items, e.item)
			}
		}
		return g
	}
	item := func(icon string, text words.Text, path string) component.MenuItem {
		return component.MenuItem{Icon: icon, Text: text, Path: path}
	}
	sites := entry{"ListFacilities", item("firm", words.SitesTitle, "/facilities")}
	permits := entry{"ListPermits", item("permit", words.Permits, "/permits")}
	home := entry{"ListWork", item("home", words.MyWorkMenu, "/home")}
	account := entry{"", item("user", words.MyAccount, "/account")}
	audit := entry{"GetHistory", item("replay", words.AuditMenu, "/audit")}
	public := entry{"", item("public", words.PublicRegister, "/register")}
	applications := entry{"DecideFirmApplication", item("doc", words.FirmApplications, "/firm-applications")}
	if isFirm(r) {
		return []component.MenuGroup{
			group(words.MenuFirm, home, permits, sites, entry{"GetFirm", item("user", words.FirmData, "/firm")}),
			group(words.MenuLookUp, public, audit, account),
		}
	}
	if r == rpc.Person {
		return []component.MenuGroup{
			group(words.MenuWork,
				entry{"", item("home", words.WelcomeTitle, "/home")},
				entry{"", item("firm", words.ActForFirm, "/firm-applications/new")},
				entry{"", item("doc", words.MyApplications, "/firm-applications")},
				entry{"", item("user", words.AcceptInvitation, "/invitations")}),
			group(words.MenuLookUp, public, account),
		}
	}
	var menu []component.MenuGroup
	for _, g := range []component.MenuGroup{
		group(words.MenuWork, home, applications, entry{"ListAccounts", item("lock", words.Accounts, "/accounts")}),
		group(words.MenuRegulated, sites, permits),
		group(words.MenuLookUp, public, audit, account),
	} {
		if len(g.Items) > 0 {
			menu = append(menu, g)
		}
	}
	return menu
}

// isProblem reports whether an error is a problem of a kind.
func isProblem(err error, kind problem.Kind) bool {
	refused := rpc.ProblemFrom(err)
	return refused != nil && refused.Kind == kind
}

package visit

import (
	"slices"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	"shiyang/internal/rpc"
)

// Department is one body of work of the bureau as the portal shows it.
type Department struct {
	Routes  []Route
	Entries []Entry              // of the side menu, one for most departments
	Public  []component.MenuItem // pages for everybody, in the navigation of visitors who are not signed in
	// Work tells what waits for the visitor in this department, for the start
	// page; nil if nothing ever does. It is called only for a visitor with the
	// right to Asks, and a failure leaves the start page without it.
	Work func(*Visit) ([]Waiting, error)
	Asks string // full gRPC name of the method that Work calls
	// Records are the kinds of records of this department that can be
	// replayed; Names tell their histories in words.
	Records []Record
	Names   words.Names
}

// Record is a kind of record that has a history.
type Record struct {
	Category string // of its streams: "permit"
	Title    words.Text
}

// Route is one page: its method and path below the language.
type Route struct {
	pattern string
	page    func(*Visit) error
	public  bool // nobody has to be signed in
}

// Routes joins what [Page], [Public], [Form] and [PublicForm] give.
func Routes(lists ...[]Route) []Route { return slices.Concat(lists...) }

// Page is a page for people who are signed in. The pattern is that of
// net/http without the language: "GET /eia/{id}".
func Page(pattern string, page func(*Visit) error) []Route {
	return []Route{{pattern, page, false}}
}

// Public is a page for everybody.
func Public(pattern string, page func(*Visit) error) []Route {
	return []Route{{pattern, page, true}}
}

// Form is a form page at a path, for people who are signed in: GET draws it,
// POST sends its command. build is called for both.
func Form(path string, build func(*Visit) (*Task, error)) []Route {
	page := tasks(build)
	return []Route{{"GET " + path, page, false}, {"POST " + path, page, false}}
}

// PublicForm is a form page for everybody.
func PublicForm(path string, build func(*Visit) (*Task, error)) []Route {
	page := tasks(build)
	return []Route{{"GET " + path, page, true}, {"POST " + path, page, true}}
}

// Group is the heading of the side menu under which an entry stands.
type Group int

// The groups, in the order of the menu. People of firms see the first two as
// one: what is theirs to do.
const (
	ToDo      Group = iota // 办理: what waits for the person
	Regulated              // 监管对象: records of the departments
	LookUp                 // 查询
)

// Entry is one line of the side menu.
type Entry struct {
	Group  Group
	Icon   string // name of an icon of package component
	Text   words.Text
	Path   string
	Lead   words.Text // one sentence for the page that lists a long group; may be zero
	Method string     // full gRPC name of the method whose right shows the entry; empty: none is needed
	Roles  []rpc.Role // the only roles that see it; nil: all that may call Method
	Tabs   []Tab      // the pages beside the first, shown as tabs on each of them
}

// Tab is one page of an entry that has several.
type Tab struct {
	Text   words.Text
	Path   string
	Method string // as in [Entry]
}

// Waiting is something that waits for the visitor.
type Waiting struct {
	Text  words.Text
	Count int
	Late  bool // some of it is past its last day
	Path  string
}

func (e Entry) seenBy(r rpc.Role) bool {
	return (e.Roles == nil || slices.Contains(e.Roles, r)) && (e.Method == "" || May(r, e.Method))
}

// May tells whether a role may call a method at all, by its full gRPC name
// (the constant that the generated contract has for it). What it may do with
// one record is for the service to say.
func May(r rpc.Role, method string) bool { return rights[method][r] }

// May tells whether the visitor's role may call a method; buttons and menu
// entries are shown by it.
func (v *Visit) May(method string) bool { return May(v.Role(), method) }

var rights = func() map[string]map[rpc.Role]bool {
	all := map[string]map[rpc.Role]bool{}
	for _, rule := range rpc.Policy {
		method := "/" + strings.TrimPrefix(rule.Method, "/")
		if all[method] == nil {
			all[method] = map[rpc.Role]bool{}
		}
		for _, role := range rule.Roles {
			all[method][role] = true
		}
	}
	return all
}()

// IsFirm reports whether a role acts for a firm.
func IsFirm(r rpc.Role) bool {
	return r == rpc.FirmAdmin || r == rpc.FirmHandler || r == rpc.Consultant
}

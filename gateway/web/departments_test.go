package web_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"shiyang/gateway/web"
	"shiyang/gateway/web/component"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

// beacons is a department made up for these tests: n lists, the first with two
// tabs, and something that waits.
func beacons(n int, work func(*visit.Visit) ([]visit.Waiting, error)) visit.Department {
	d := visit.Department{Work: work, Asks: permitsv1.PermitsService_ListPermits_FullMethodName}
	for i := range n {
		path := "/beacons/" + strconv.Itoa(i)
		e := visit.Entry{
			Group: visit.Regulated, Icon: "doc", Path: path, Method: permitsv1.PermitsService_ListPermits_FullMethodName,
			Text: words.Text{Zh: "烽燧" + strconv.Itoa(i), En: "Beacons " + strconv.Itoa(i)},
		}
		if i == 0 {
			e.Tabs = []visit.Tab{
				{Text: e.Text, Path: path},
				{Text: words.Text{Zh: "守望", En: "Watches"}, Path: "/beacons/watches"},
				{Text: words.Text{Zh: "点火", En: "Light"}, Path: "/beacons/light", Method: permitsv1.PermitsService_IssuePermit_FullMethodName},
			}
		}
		d.Entries = append(d.Entries, e)
		d.Routes = append(d.Routes, visit.Page("GET "+path, blank(path))...)
	}
	d.Routes = append(d.Routes, visit.Page("GET /beacons/watches", blank("/beacons/watches"))...)
	return d
}

func blank(path string) func(*visit.Visit) error {
	return func(v *visit.Visit) error {
		return v.Show(http.StatusOK, component.Shell(v.Frame("Beacons", path)))
	}
}

func browserWith(t *testing.T, d ...visit.Department) browser {
	o := newOffice()
	deps := o.deps(t)
	deps.Departments = d
	return browser{t, o, web.New(deps)}
}

func TestDepartmentIsServed(t *testing.T) {
	b := browserWith(t, beacons(1, nil))
	for _, lang := range []string{"zh", "en"} {
		r, body := b.get("permit_examiner", "/"+lang+"/beacons/0")
		if r.StatusCode != http.StatusOK || !strings.Contains(body, "/"+lang+"/beacons/watches") {
			t.Errorf("%s: the page answers %d without its tabs", lang, r.StatusCode)
		}
		if strings.Contains(body, "/beacons/light") {
			t.Errorf("%s: an examiner sees the tab of a decider", lang)
		}
	}
	_, body := b.get("permit_examiner", "/en/beacons/watches")
	if n := strings.Count(body, `aria-current="page"`); n != 2 {
		t.Errorf("%d marks of where the page is, want the entry and the tab", n)
	}
	if r, _ := b.get("", "/en/beacons/0"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("a stranger is answered %d instead of being asked to sign in", r.StatusCode)
	}
}

func TestMenuStaysShort(t *testing.T) {
	b := browserWith(t, beacons(9, nil))
	_, body := b.get("permit_examiner", "/en/beacons/8")
	nav := body[strings.Index(body, `id="nav"`):]
	nav = nav[:strings.Index(nav, "</nav>")]
	if strings.Contains(nav, "/beacons/8") || !strings.Contains(nav, "/en/menu/2") {
		t.Error("eleven entries of one group stand in the menu")
	}
	if !strings.Contains(nav, `aria-current="page"`) {
		t.Error("a page behind the list of its group marks nothing in the menu")
	}
	r, list := b.get("permit_examiner", "/en/menu/2")
	if r.StatusCode != http.StatusOK || !strings.Contains(list, "/en/beacons/8") || !strings.Contains(list, "/en/permits") {
		t.Errorf("the list of the group answers %d and lacks entries", r.StatusCode)
	}
	if r, _ := b.get("permit_examiner", "/en/menu/9"); r.StatusCode != http.StatusNotFound {
		t.Errorf("a group that does not exist answers %d", r.StatusCode)
	}
}

func TestWorkOfDepartments(t *testing.T) {
	late := func(*visit.Visit) ([]visit.Waiting, error) {
		return []visit.Waiting{
			{Text: words.Text{Zh: "待点烽燧", En: "Beacons to light"}, Count: 31, Late: true, Path: "/beacons/0"},
			{Text: words.Text{Zh: "无事", En: "Nothing at all"}, Path: "/beacons/0"},
		}, nil
	}
	broken := func(*visit.Visit) ([]visit.Waiting, error) { return nil, errors.New("away") }
	b := browserWith(t, beacons(1, late), visit.Department{Work: broken, Asks: permitsv1.PermitsService_ListPermits_FullMethodName})
	r, body := b.get("permit_examiner", "/en/home")
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "Beacons to light") || !strings.Contains(body, ">31<") {
		t.Errorf("the start page answers %d without what waits", r.StatusCode)
	}
	if strings.Contains(body, "Nothing at all") {
		t.Error("what does not wait is listed")
	}
}

// Package component holds the parts that every page is made of: frame, head,
// card, tag, due chip, river, steps, as-of bar, timeline, acts, fields. Each
// is one function and always looks and behaves the same, with and without
// JavaScript; texts come from package words in the language of the context.
//
// A .templ file is the source, the _templ.go beside it is generated from it
// and committed ("go tool templ generate"). The package may import words,
// form, static and the contracts, and never calls a service. Start with
// [Frame] and shell.templ.
package component

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
)

// Tone is how serious a thing is; it picks a colour that never stands alone.
type Tone string

// The tones of the design.
const (
	OK   Tone = "ok"
	Warn Tone = "warn"
	Bad  Tone = "bad"
	Info Tone = "info"
	Hold Tone = "hold"
	Mute Tone = "mute"
)

// Link is the address of a page in the language of the context.
func Link(ctx context.Context, path string) templ.SafeURL {
	return templ.SafeURL("/" + string(words.Of(ctx)) + path)
}

// Record is the address of a record's page: segments are escaped.
func Record(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// MenuItem is one entry of the side menu.
type MenuItem struct {
	Icon string
	Text words.Text
	Path string
}

// MenuGroup is a heading with its entries; a menu has at most three.
type MenuGroup struct {
	Title words.Text
	Items []MenuItem
}

// Tab is one of the pages of a menu entry that has several.
type Tab struct {
	Text words.Text
	Path string
	Here bool
}

// Frame is what surrounds a page.
type Frame struct {
	Title    string // of the window, and of nothing else
	Wrong    bool   // the title begins with "错误："
	Here     string // path of the menu entry or tab that is open
	Menu     []MenuGroup
	Tabs     []Tab      // pages beside this one; empty: none
	Public   []MenuItem // pages of departments that need no sign-in
	Person   string     // who is signed in; empty: nobody
	Role     words.Text
	Place    words.Text
	Seats    bool   // there is more than one capacity to choose from
	Other    string // this page in the other language
	Front    bool   // the front door: no ridge, no navigation
	Paper    bool   // a document page
	SignedIn bool
	Search   bool // the person may list permits
}

// windowTitle is the title of the window; that of an error page says so first.
func windowTitle(ctx context.Context, f Frame) string {
	title := f.Title + " – " + words.Product.In(ctx)
	if f.Wrong {
		return words.ErrorPrefix.In(ctx) + title
	}
	return title
}

// codePart is a piece of a text: the code of a standard, or what lies between.
type codePart struct {
	Text string
	Code bool
}

var standardCode = regexp.MustCompile(`[A-Z]{2,3}(/T)? ?[0-9]+(\.[0-9]+)?[-—–][0-9]{2,4}`)

// codeParts finds the codes of standards in a text: GB 9078-1996.
func codeParts(text string) []codePart {
	var parts []codePart
	at := 0
	for _, found := range standardCode.FindAllStringIndex(text, -1) {
		if found[0] > at {
			parts = append(parts, codePart{Text: text[at:found[0]]})
		}
		parts = append(parts, codePart{Text: text[found[0]:found[1]], Code: true})
		at = found[1]
	}
	if at < len(text) {
		parts = append(parts, codePart{Text: text[at:]})
	}
	return parts
}

// Crumb is a step of the breadcrumb; the last one has no path.
type Crumb struct {
	Text words.Text
	Path string
}

// OrDash is a text, or a dash where there is none.
func OrDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return words.Dash
	}
	return s
}

// County is the name of a division of the prefecture.
func County(ctx context.Context, code string) string {
	if code == "" {
		return words.Dash
	}
	return words.Find(words.Jurisdictions, code).In(ctx)
}

// Validity is the period in which something is in force.
func Validity(ctx context.Context, from, to *commonv1.Date) string {
	if from == nil && to == nil {
		return words.Dash
	}
	return words.FromTo.F(ctx, words.Day(ctx, from), words.Day(ctx, to))
}

// Pair is a name and a plain value.
type Pair struct {
	Name  words.Text
	Value string
}

var tones = map[Tone]string{OK: "ok", Warn: "warn", Bad: "warn", Info: "info", Hold: "pause", Mute: "lock"}

// paths are the 20 × 20 strokes of the icons.
var paths = map[string]string{
	"home":   "M3 9.5 10 3.5l7 6V17h-5v-4.5H8V17H3z",
	"permit": "M3 4h14v12H3zM6 8h5M6 11h3M13.5 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM12.6 13l-.4 2.5 1.3-.7 1.3.7-.4-2.5",
	"firm":   "M3 17V8l4.5 3V8L12 11V4h4.5v13zM6 14h1.5M10 14h1.5",
	"chart":  "M3 3v14h14M6.5 13.5V10M10 13.5V6M13.5 13.5V8.5",
	"replay": "M4 10a6 6 0 1 0 2-4.5M4 3.5v3h3M10 6.8V10l2.4 1.6",
	"public": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM3 10h14M10 3c2 2 3 4.3 3 7s-1 5-3 7c-2-2-3-4.3-3-7s1-5 3-7z",
	"search": "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
	"clock":  "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.7 1.6",
	"warn":   "M10 3.2 17.6 16.5H2.4zM10 8v4M10 14.2v.1",
	"ok":     "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM6.8 10.2l2.3 2.3 4.2-4.6",
	"info":   "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.2v4M10 6.7v.1",
	"pause":  "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8.3 7.5v5M11.7 7.5v5",
	"no":     "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.2 5.2l9.6 9.6",
	"lock":   "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
	"doc":    "M5 3h7l3 3v11H5zM12 3v3h3",
	"menu":   "M3 5.5h14M3 10h14M3 14.5h14",
	"close":  "M5 5l10 10M15 5 5 15",
	"user":   "M10 10a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 10 10zM3.8 17c.6-3.3 3-5 6.2-5s5.6 1.7 6.2 5",
	"print":  "M6 7V3h8v4M6 14H3V7h14v7h-3M6 12h8v5H6z",
	"shield": "M10 3l6 2v5c0 3.6-2.4 6-6 7.2C6.4 16 4 13.6 4 10V5zM7.4 10l2 2 3.4-3.8",
	"prev":   "M12.5 4.5 7 10l5.5 5.5",
	"next":   "M7.5 4.5 13 10l-5.5 5.5",
	"plus":   "M10 4v12M4 10h12",
}

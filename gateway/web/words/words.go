// Package words holds every text of the pages in both languages of the
// product, so that no page can have a text in one language only: a [Text] has
// both, and a missing one does not compile or fails the package's test.
//
// It knows nothing of pages and may import only the shared contracts. The
// language of a request travels in its context ([With], [Of]). Start with
// [Text]; the other files group the texts by the pages that say them.
package words

import (
	"context"
	"fmt"

	commonv1 "shiyang/proto/common/v1"
)

// Lang is a language of the product. It is the first segment of every page's
// address.
type Lang string

// The languages: Chinese is first and the default.
const (
	Zh Lang = "zh"
	En Lang = "en"
)

// Langs are all languages in the order they are offered.
var Langs = []Lang{Zh, En}

// Parse reads the first segment of an address.
func Parse(segment string) (Lang, bool) {
	l := Lang(segment)
	return l, l == Zh || l == En
}

// HTML is the value of the lang attribute.
func (l Lang) HTML() string {
	if l == En {
		return "en"
	}
	return "zh-CN"
}

// Other is the language that the switch in the header leads to.
func (l Lang) Other() Lang {
	if l == En {
		return Zh
	}
	return En
}

type key struct{}

// With returns a context whose texts are in l.
func With(ctx context.Context, l Lang) context.Context { return context.WithValue(ctx, key{}, l) }

// Of is the language of the context; Chinese if none was set.
func Of(ctx context.Context) Lang {
	if l, ok := ctx.Value(key{}).(Lang); ok {
		return l
	}
	return Zh
}

// Text is one text of the pages.
type Text struct{ Zh, En string }

// T is a text of a department: the catalogue of one lies in its folder, in
// files whose names begin with "words".
func T(zh, en string) Text { return Text{Zh: zh, En: en} }

// N is a text of a department about a number of things.
func N(zh, one, many string) Counted { return Counted{Zh: zh, One: one, En: many} }

// For is the text in l.
func (t Text) For(l Lang) string {
	if l == En {
		return t.En
	}
	return t.Zh
}

// In is the text in the language of the context.
func (t Text) In(ctx context.Context) string { return t.For(Of(ctx)) }

// F is the text with its verbs filled in. Both languages take the same
// arguments; where their order differs the text uses indexes: "%[2]s".
func (t Text) F(ctx context.Context, args ...any) string { return fmt.Sprintf(t.In(ctx), args...) }

// Fill returns the text with the verbs of both languages filled in.
func (t Text) Fill(args ...any) Text {
	return Text{Zh: fmt.Sprintf(t.Zh, args...), En: fmt.Sprintf(t.En, args...)}
}

// Counted is a text about a number of things: English says one thing
// otherwise than many.
type Counted struct{ Zh, One, En string }

// F is the text for n things; further arguments follow the number.
func (c Counted) F(ctx context.Context, n int, args ...any) string {
	t := Text{Zh: c.Zh, En: c.En}
	if n == 1 {
		t.En = c.One
	}
	return t.F(ctx, append([]any{n}, args...)...)
}

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t.Zh == "" && t.En == "" }

// Same is a text that reads the same in both languages: a number, a code, a
// name that is not translated.
func Same(s string) Text { return Text{Zh: s, En: s} }

// From is a text that a service answered; a missing language falls back on
// the other rather than show nothing.
func From(t *commonv1.Text) Text {
	w := Text{Zh: t.GetZh(), En: t.GetEn()}
	if w.En == "" {
		w.En = w.Zh
	}
	if w.Zh == "" {
		w.Zh = w.En
	}
	return w
}

package law

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shiyang/internal/law/catalogue"
	"shiyang/internal/law/identifier"
)

// Basis is a law, regulation, order or standard 法律依据.
type Basis struct {
	ID         string `yaml:"id"`
	TitleZh    string `yaml:"title_zh"` // 排污许可管理条例
	TitleEn    string `yaml:"title_en"`
	Number     string `yaml:"number"` // 国务院令第736号
	Issuer     string `yaml:"issuer"`
	Kind       string `yaml:"kind"` // law, regulation, rule, standard, interpretation, practice
	ValidFrom  Date   `yaml:"valid_from"`
	ValidTo    Date   `yaml:"valid_to"`    // zero while in force
	RepealedBy string `yaml:"repealed_by"` // id of the repealing basis
	Note       string `yaml:"note"`

	catalogue.Origin `yaml:",inline"`
}

// Citation is how a reference is written.
type Citation struct {
	Zh    string // 行政许可法 第四十二条
	En    string // Administrative Licensing Law, Art. 42
	Short string // 行政许可法 第42条, for screens
	Full  string // 《中华人民共和国行政许可法》第四十二条, for documents
}

func parseBases(content []byte) ([]Basis, error) {
	var file struct {
		Version string  `yaml:"version"`
		Bases   []Basis `yaml:"legal_bases"`
	}
	if err := catalogue.Decode(content, &file); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, b := range file.Bases {
		switch {
		case seen[b.ID+" "+b.ValidFrom.String()]:
			return nil, fmt.Errorf("basis %s: appears twice from %s", b.ID, b.ValidFrom)
		case !rowID.MatchString(b.ID) || b.TitleZh == "" || b.TitleEn == "" || b.ValidFrom.IsZero():
			return nil, fmt.Errorf("basis %q: id, titles or valid_from are missing or malformed", b.ID)
		case !b.ValidTo.IsZero() && b.ValidTo.Before(b.ValidFrom):
			return nil, fmt.Errorf("basis %s: valid_to lies before valid_from", b.ID)
		}
		if err := b.Confidence.Check(); err != nil {
			return nil, fmt.Errorf("basis %s: %w", b.ID, err)
		}
		seen[b.ID+" "+b.ValidFrom.String()] = true
	}
	return file.Bases, nil
}

// Basis returns a legal basis by id, the latest one where an id was reissued.
func (b *Book) Basis(id string) (Basis, bool) {
	rows := b.index().bases[id]
	if len(rows) == 0 {
		return Basis{}, false
	}
	return rows[len(rows)-1], true
}

// BasisAt returns a legal basis that is in force on a day.
func (b *Book) BasisAt(id string, day Date) (Basis, bool) {
	for _, basis := range slices.Backward(b.index().bases[id]) {
		if !day.Before(basis.ValidFrom) {
			return basis, basis.ValidTo.IsZero() || !day.After(basis.ValidTo)
		}
	}
	return Basis{}, false
}

// Bases returns the legal bases in force on a day, ordered by id.
func (b *Book) Bases(day Date) []Basis {
	var out []Basis
	for id := range b.index().bases {
		if basis, ok := b.BasisAt(id, day); ok {
			out = append(out, basis)
		}
	}
	slices.SortFunc(out, func(x, y Basis) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// Cite writes a reference the way people cite law. An unknown law is cited by
// its id, so that nothing is lost.
func (b *Book) Cite(ref Reference) Citation {
	basis, ok := b.Basis(ref.Law)
	if !ok {
		basis = Basis{TitleZh: ref.Law, TitleEn: ref.Law}
	}
	c := Citation{Zh: basis.TitleZh, En: basis.TitleEn, Short: basis.TitleZh, Full: "《" + basis.TitleZh + "》"}
	if basis.Kind == "law" {
		c.Full = "《中华人民共和国" + basis.TitleZh + "》"
	}
	if ref.Article == "" {
		return c
	}
	if basis.Kind == "standard" {
		c.Zh, c.Short, c.Full = c.Zh+" "+ref.Article, c.Short+" "+ref.Article, c.Full+ref.Article
		c.En += ", " + ref.Article
		return c
	}
	article, items := ref.Article, ""
	if i := strings.IndexByte(article, '('); i > 0 {
		article, items = article[:i], article[i:]
	}
	zh := "第" + article + "条"
	if n, err := strconv.Atoi(article); err == nil {
		zh = "第" + ChineseNumber(n) + "条"
	}
	c.Zh += " " + zh + items
	c.Short += " 第" + article + "条" + items
	c.Full += zh + items
	c.En += ", Art. " + article + items
	return c
}

// ChineseNumber writes a number from 0 to 9999 in the numerals of legal texts:
// 十, 四十二, 一百零三, 一千一百零三.
func ChineseNumber(n int) string {
	digits := []rune("零一二三四五六七八九")
	if n < 0 || n > 9999 {
		return strconv.Itoa(n)
	}
	if n < 10 {
		return string(digits[n])
	}
	var out strings.Builder
	zero := false
	for _, place := range []struct {
		value int
		name  string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / place.value % 10
		switch {
		case d == 0:
			zero = out.Len() > 0
		case place.value == 10 && d == 1 && out.Len() == 0:
			out.WriteString("十")
		default:
			if zero {
				out.WriteRune(digits[0])
			}
			out.WriteRune(digits[d])
			out.WriteString(place.name)
			zero = false
		}
	}
	return out.String()
}

// CheckBasis judges whether a decision may rest on a basis. A continuing act is
// judged by its end. Findings: UNKNOWN_LAW (error); WRONG_LAW (error), repealed
// before the act ended, or not yet in force when the decision is taken; OLD_LAW
// (warning), repealed between act and decision: the decision must say when the
// act was and compare the new law (Penalty Law Art. 37); NEW_LAW (warning), in
// force only after the act: it may be used only if it is lighter.
func (b *Book) CheckBasis(ref Reference, actEnded, decidedOn Date) []Finding {
	basis, ok := b.Basis(ref.Law)
	if !ok {
		return []Finding{{
			Reason: "UNKNOWN_LAW", Severity: Error,
			Zh: "法律依据不在依据库中，请先录入该依据的版本", En: "The legal basis is not in the book; load an edition that holds it first",
		}}
	}
	if at, in := b.BasisAt(ref.Law, actEnded); in {
		basis = at
	}
	cite := b.Cite(ref)
	replaced, replacedEn := "", ""
	if by, ok := b.Basis(basis.RepealedBy); ok {
		replaced, replacedEn = "，现行为《"+by.TitleZh+"》", "; now see the "+by.TitleEn
	}
	finding := func(reason string, severity identifier.Severity, zh, en string) []Finding {
		return []Finding{{Reason: reason, Severity: severity, Zh: cite.Zh + zh, En: cite.En + en}}
	}
	ended := !basis.ValidTo.IsZero()
	switch {
	case ended && actEnded.After(basis.ValidTo):
		return finding("WRONG_LAW", Error, "在行为终了之前已于 "+basis.ValidTo.String()+" 之后失效"+replaced+"，请改用行为时的法律",
			" ceased to hold after "+basis.ValidTo.String()+", before the act ended"+replacedEn+"; use the law at the time of the act")
	case decidedOn.Before(basis.ValidFrom):
		return finding("WRONG_LAW", Error, "在作出决定时尚未施行（自 "+basis.ValidFrom.String()+" 起）",
			" is not yet in force when the decision is taken (from "+basis.ValidFrom.String()+")")
	case ended && decidedOn.After(basis.ValidTo):
		return finding("OLD_LAW", Warning, "已失效"+replaced+"；决定书须写明行为发生在其有效期内，并比较新旧规定从轻适用",
			" no longer holds"+replacedEn+"; the decision must say that the act fell in its time and compare which law is lighter")
	case actEnded.Before(basis.ValidFrom):
		return finding("NEW_LAW", Warning, "在行为之后才施行；仅在新规定处罚较轻或不再认为违法时适用",
			" came into force after the act; it applies only if it is lighter or no longer punishes the act")
	}
	return nil
}

package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
)

// sameInBoth are texts that one language says with the other's characters:
// the name of the other language, and how a Chinese document is numbered.
var sameInBoth = map[string]bool{"English": true, "例如 武环评发〔2022〕31号。": true}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// texts are all literals of the catalogue: Chinese and English (and the
// English of one thing, for counted texts).
func texts(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	departments, err := filepath.Glob("../*/words*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = slices.Concat(files, departments)
	found := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			var elements []ast.Expr
			switch n := n.(type) {
			case *ast.CompositeLit:
				elements = n.Elts
			case *ast.CallExpr: // words.T, words.N
				elements = n.Args
			}
			if len(elements) < 2 {
				return true
			}
			var parts []string
			for _, e := range elements {
				basic, ok := e.(*ast.BasicLit)
				if !ok || basic.Kind != token.STRING {
					return true
				}
				s, err := strconv.Unquote(basic.Value)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, s)
			}
			found[name+": "+parts[0]] = parts
			return true
		})
	}
	return found
}

func TestEveryTextIsInBothLanguages(t *testing.T) {
	all := texts(t)
	if len(all) < 400 {
		t.Fatalf("only %d texts found", len(all))
	}
	for where, parts := range all {
		zh, english := parts[0], parts[1:]
		for _, en := range english {
			switch {
			case zh == "件": // a counter that English does without
			case zh == "" || en == "":
				t.Errorf("%s: one language is missing", where)
			case !sameInBoth[zh] && han(en):
				t.Errorf("%s: the English text has Chinese characters: %s", where, en)
			case !sameInBoth[zh] && !han(zh) && zh != en && !strings.Contains(zh, "%s"):
				t.Errorf("%s: the Chinese text has none", where)
			}
			if strings.Count(zh, "%") != strings.Count(en, "%") && !strings.Contains(en, "%[") {
				t.Errorf("%s: the languages take different arguments", where)
			}
		}
	}
}

func TestWritingRules(t *testing.T) {
	for where, parts := range texts(t) {
		for _, s := range parts {
			if strings.ContainsAny(s, "！!") {
				t.Errorf("%s: no exclamation marks", where)
			}
		}
		for _, bad := range []string{"成功", "确定", "您", "操作失败"} {
			if strings.Contains(parts[0], bad) {
				t.Errorf("%s: says %s", where, bad)
			}
		}
		if strings.ContainsAny(strings.ReplaceAll(parts[0], "%", ""), ",;?") {
			t.Errorf("%s: Chinese punctuation is full width", where)
		}
	}
}

// TestPagesHaveNoTextsOfTheirOwn finds Chinese text outside of the catalogue.
func TestPagesHaveNoTextsOfTheirOwn(t *testing.T) {
	for _, pattern := range []string{"../*.go", "../*/*.templ", "../*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range files {
			if base := filepath.Base(name); strings.HasSuffix(base, "_test.go") || strings.HasPrefix(base, "words") || strings.HasPrefix(name, "../words/") || strings.HasPrefix(name, "../form/") {
				continue
			}
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(body), "\n") {
				code, _, _ := strings.Cut(line, "//")
				if han(code) && !strings.Contains(code, ".Add(") {
					t.Errorf("%s:%d: %s", name, i+1, strings.TrimSpace(code))
				}
			}
		}
	}
}

func TestMeasures(t *testing.T) {
	zh, en := words.With(t.Context(), words.Zh), words.With(t.Context(), words.En)
	day := &commonv1.Date{Iso: "2026-10-28"}
	var names words.Names
	names.Add(words.Names{Paths: map[string]words.Text{"beacon": words.T("烽燧", "Beacon"), "status": words.Same("x")}})
	for _, c := range []struct{ name, got, want string }{
		{"day zh", words.Day(zh, day), "2026-10-28"},
		{"day en", words.Day(en, day), "28 Oct 2026"},
		{"short", words.ShortDay(en, day), "28 Oct"},
		{"weekday", words.Weekday(zh, day), "星期三"},
		{"no day", words.Day(zh, nil), "—"},
		{"no such day", words.Day(zh, &commonv1.Date{Iso: "2026-02-30"}), "—"},
		{"grams", words.Tonnes(1), "0.000001"},
		{"tonnes", words.Tonnes(86_400_000), "86.400"},
		{"none", words.Tonnes(0), "0.000"},
		{"large", words.Tonnes(1_000_000_000_000_000), "1000000000.000"},
		{"size", words.Size(1_468_006), "1.3 MiB"},
		{"one", words.Rows.F(en, 1), "1 row"},
		{"many", words.Rows.F(en, 2), "2 rows"},
		{"late", words.Left(zh, &commonv1.Deadline{State: "overdue", Remaining: -1}), "逾期 1 天"},
		{"left", words.Left(en, &commonv1.Deadline{State: "near", Unit: "working_day", Remaining: 4}), "4 working days left"},
		{"path", names.Path("content.limits[2].concentration").Zh, "许可排放限值 3 · 浓度限值"},
		{"what is missing", names.Path("content.attachments").Zh, "附件"},
		{"what is missing, as picked", names.Path("eiaNumber").Zh, words.EiaNumber.Zh},
		{"local number", names.Value("syncState", "local").Zh, "本地编号"},
		{"mirrored number", names.Value("syncState", "mirrored").En, "As on the national platform"},
		{"path of a department", names.Path("beacon[0].status").En, "Beacon 1 · State"},
		{"unknown path", names.Path("a.b").Zh, "a · b"},
		{"value", names.Value("status", "submitted").En, "Filed"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

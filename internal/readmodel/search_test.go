package readmodel_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

func TestBigrams(t *testing.T) {
	for text, want := range map[string]string{
		"":            "",
		"，。 ":         "",
		"石":           "石",
		"石羊河 A1":      "石羊 羊河 河 a1 1",
		"ＡＢ－１２":       "ab b 12 2",
		"𠮷野家":         "𠮷野 野家 家",
		"O'Neil\\x y": "o ne ei il l x y",
	} {
		if got := readmodel.Bigrams(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestSearch(t *testing.T) {
	texts := map[string][]string{
		"1": {"武威市石羊河化工厂", "91620600MA72XK3P5J"},
		"2": {"凉州区羊石河食品厂"},
		"3": {"古浪县第一砖厂 (停产)"},
		"4": {"Green Energy Co. 绿能", "𠮷祥"},
	}
	p := readmodel.Projection{
		Name: "search", Version: 1, Search: []string{"search_v1"},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *commonv1.KeyReserved) error {
				return readmodel.PutSearch(ctx, tx, "search_v1", f.ID, texts[f.ID]...)
			}),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReservationReleased) error {
				return readmodel.PutSearch(ctx, tx, "search_v1", f.ID, e.GetReason())
			}),
		},
	}
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		for _, id := range []string{"1", "2", "3", "4"} {
			readmodeltest.Apply(t, db, p, readmodel.Fact{ID: id, Event: reserved("x")})
		}
		find := func(text string) string {
			query, arg, ok := readmodel.MatchQuery(db.Engine(), "search_v1", text, 1)
			if !ok {
				return "everything"
			}
			return keys(t, db, query, arg)
		}
		for text, want := range map[string]string{
			"石羊河": "1", "羊石": "2", "厂": "1 2 3", "停": "3", "停产": "3", "河化": "1",
			"石羊 化工": "1", "厂武": "", "MA72xk": "1", "j": "1", "green co": "4", "eng": "",
			"𠮷": "4", "绿能绿": "", "'; --": "everything", `"OR"`: "", "河 厂": "1 2", "产古": "",
		} {
			if got := find(text); got != want {
				t.Errorf("%q: got %q, want %q", text, got, want)
			}
		}
		readmodeltest.Apply(t, db, p, readmodel.Fact{ID: "3", Event: &commonv1.KeyReservationReleased{Reason: "新名"}})
		readmodeltest.Apply(t, db, p, readmodel.Fact{ID: "2", Event: &commonv1.KeyReservationReleased{}})
		for text, want := range map[string]string{"新名": "3", "停产": "", "食品": "", "厂": "1"} {
			if got := find(text); got != want {
				t.Errorf("after the change, %q: got %q, want %q", text, got, want)
			}
		}
	})
}

func TestCursors(t *testing.T) {
	c, err := readmodel.NewCursors([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := c.Encode("permits|due", "2026-11-23", int64(7), true)
	if err != nil {
		t.Fatal(err)
	}
	var due string
	var n int64
	var open bool
	if err := c.Decode("permits|due", cursor, &due, &n, &open); err != nil || due != "2026-11-23" || n != 7 || !open {
		t.Errorf("%s %d %t %v", due, n, open, err)
	}
	other, err := readmodel.NewCursors([]byte("fedcba9876543210"))
	if err != nil {
		t.Fatal(err)
	}
	changed := "B" + cursor[1:]
	if cursor[0] == 'B' {
		changed = "C" + cursor[1:]
	}
	for name, err := range map[string]error{
		"other list": c.Decode("permits|name", cursor, &due, &n, &open),
		"other key":  other.Decode("permits|due", cursor, &due, &n, &open),
		"changed":    c.Decode("permits|due", changed, &due, &n, &open),
		"cut":        c.Decode("permits|due", cursor[:10], &due, &n, &open),
		"no base64":  c.Decode("permits|due", "%%%", &due, &n, &open),
		"fewer":      c.Decode("permits|due", cursor, &due, &n),
		"other type": c.Decode("permits|due", cursor, &n, &n, &open),
		"too long":   c.Decode("permits|due", strings.Repeat("A", 501), &due, &n, &open),
	} {
		if !errors.Is(err, readmodel.ErrCursor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Encode("x", strings.Repeat("长", 200)); err == nil {
		t.Error("a cursor of more than 500 characters was made")
	}
	if _, err := readmodel.NewCursors([]byte("short")); err == nil {
		t.Error("a short key was accepted")
	}
}

func TestAfter(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		for _, id := range []string{"1", "2", "3"} {
			readmodeltest.Apply(t, db, register(1), readmodel.Fact{ID: id, Event: reserved("同名")})
		}
		page := func(desc bool) string {
			order := " ORDER BY name, id"
			if desc {
				order = " ORDER BY name DESC, id DESC"
			}
			query := `SELECT id FROM key_register_v1 WHERE ` + readmodel.After(1, desc, "name", "id") + order
			rows, err := db.Query(t.Context(), query, "同名", "2")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rows.Close() }()
			var ids []string
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return strings.Join(ids, " ")
		}
		if up, down := page(false), page(true); up != "3" || down != "1" {
			t.Errorf("after 2: %q upwards, %q downwards", up, down)
		}
	})
}

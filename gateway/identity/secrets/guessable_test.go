package secrets_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"shiyang/gateway/identity/secrets"
	"shiyang/internal/problem"
)

// reasonOf is why a password is refused, empty if it is not.
func reasonOf(password string, own ...string) string {
	p, ok := errors.AsType[*problem.Error](secrets.CheckPassword("password", password, "zhaoliu", own...))
	if !ok {
		return ""
	}
	return p.Errors[0].Reason
}

func TestCommonPasswordsAreRefused(t *testing.T) {
	list, err := os.ReadFile("testdata/common_passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	for password := range strings.FieldsSeq(string(list)) {
		if utf8.RuneCountInString(password) >= 12 && reasonOf(password) != "TOO_COMMON" {
			t.Errorf("%q is let through", password)
		}
	}
}

// What people write when they are asked for twelve signs: a word of their
// place or trade, a year or a walk over the keys, a sign at the end.
func TestBuiltPasswordsAreRefused(t *testing.T) {
	tried := 0
	for _, word := range []string{
		"shiyang", "wuwei", "liangzhou", "Minqin", "huanbao", "HUANBAOJU", "shengtai", "paiwuxuke", "P@ssw0rd", "admin", "Adm1n", "welcome",
		"woaini", "qwerty", "1qaz2wsx", "zaq1xsw2", "asdfgh", "gansu", "permit", "guanliyuan",
	} {
		for _, joint := range []string{"", "-", "@", "_"} {
			for _, tail := range []string{"1949", "1984", "2026", "20261123", "2026-11-23", "123456", "654321", "1234567890", "qwerty", "zxcvbn", "5201314", "12369", "shiyang"} {
				for _, end := range []string{"", "!", "!!!", ".", "888"} {
					password := word + joint + tail + end
					if utf8.RuneCountInString(password) < 12 {
						continue
					}
					tried++
					if reasonOf(password) != "TOO_COMMON" {
						t.Errorf("%q is let through", password)
					}
				}
			}
		}
	}
	if tried < 3000 {
		t.Errorf("only %d tried", tried)
	}
}

func TestOwnDataIsNoPassword(t *testing.T) {
	own := []string{"欧阳石羊", "13893512345"}
	for password, want := range map[string]string{
		"13893512345!":                          "TOO_COMMON", // the telephone
		"54321539831ab":                         "TOO_COMMON", // backwards
		"uiloahz-13893512345x":                  "TOO_COMMON", // the sign-in name backwards
		"欧阳石羊13893512345":                       "TOO_COMMON",
		"my-13893512345-2026":                   "TOO_COMMON",
		"13893512345 teal otter under a bridge": "",
	} {
		if got := reasonOf(password, own...); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	if got := reasonOf("13893512345qx", "李四", "13900000000"); got != "" {
		t.Errorf("somebody else's number: %q", got)
	}
}

// Sentences and odd combinations are what the rule is to leave alone.
func TestLongOddPasswordsPass(t *testing.T) {
	for _, password := range []string{
		"seven camels by the river", "tangerine-otter-94", "first-long-pass-7", "wo zai bianjing kan yueliang", "石羊河流域水环境质量改善",
		"Kx7#vQ2m!tLp", "9f3kd-82hxq-mvn4c", "luotuo he liu shu", "天祝白牦牛在山坡上吃草呢",
	} {
		if got := reasonOf(password); got != "" {
			t.Errorf("%q: %q", password, got)
		}
	}
}

func FuzzCheckPassword(f *testing.F) {
	for _, password := range []string{"", "aaaaaaaaaaaaaaaa", "1qaz2wsx3edc", "p@ssw0rd2026", "\xff\xfe\xff", strings.Repeat("长", 200)} {
		f.Add(password, "13893512345")
	}
	f.Fuzz(func(t *testing.T, password, own string) {
		first := fmt.Sprint(secrets.CheckPassword("password", password, "zhaoliu", own))
		if again := fmt.Sprint(secrets.CheckPassword("password", password, "zhaoliu", own)); again != first {
			t.Errorf("%s, then %s", first, again)
		}
		if n := utf8.RuneCountInString(password); n >= 12 && n <= 200 && own == password && !strings.Contains(first, "guess") && !strings.Contains(first, "TOO_COMMON") && !strings.Contains(first, "CONTAINS") {
			t.Errorf("the person's own %q is let through: %s", own, first)
		}
	})
}

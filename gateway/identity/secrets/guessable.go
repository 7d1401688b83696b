package secrets

import (
	_ "embed" // the words
	"slices"
	"strings"
	"time"
)

// minPieces is how many pieces a guesser must combine at least.
const minPieces = 6

//go:embed common_words.txt
var commonWords string

var words = func() (all [][]rune) {
	for line := range strings.Lines(commonWords) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			all = append(all, []rune(word))
		}
	}
	return all
}()

// walks are ways that fingers take over a keyboard, and the orders that
// everybody knows; they are walked in both directions.
var walks = func() [][]rune {
	var both [][]rune
	for _, w := range []string{
		"01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "!@#$%^&*()_+",
		"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "1qazxsw23edcvfr4", "zaq12wsxcde34rfvbgt5",
		"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "a1b2c3d4e5f6g7h8i9j0", "147258369", "741852963", "159357", "112233445566778899",
	} {
		both = append(both, []rune(w), reversed([]rune(w)))
	}
	return both
}()

// likeness maps signs to the letters that they are written for.
var likeness = map[rune]rune{'@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', '$': 's', '5': 's', '7': 't'}

// guessable reports whether few guesses put a password together. It is cut
// into as few pieces as possible: a known word (also one of the person's own, also with signs for
// letters), a walk over the keyboard, a date or year, a sign in a row,
// something said before, or else a single sign. Each is one choice of a guesser, so a long password
// of three pieces is a short one.
func guessable(password string, own ...string) bool {
	s := []rune(strings.ToLower(password))
	plain := slices.Clone(s)
	for i, r := range plain {
		if letter, ok := likeness[r]; ok {
			plain[i] = letter
		}
	}
	mine := withReversed(own)
	fewest := make([]int, len(s)+1) // pieces of what begins there
	for i := len(s) - 1; i >= 0; i-- {
		fewest[i] = 1 + fewest[i+1]
		upTo := func(from, to int) {
			for n := from; n <= to; n++ {
				fewest[i] = min(fewest[i], 1+fewest[i+n])
			}
		}
		upTo(3, walk(s[i:]))
		upTo(2, repeat(s, i))
		upTo(2, run(s[i:]))
		for _, n := range slices.Concat(wordsAt(s[i:], mine), wordsAt(s[i:], words), wordsAt(plain[i:], words), dates(s[i:])) {
			upTo(n, n)
		}
	}
	return fewest[0] < minPieces
}

// wordsAt returns the lengths of the words at the beginning of s.
func wordsAt(s []rune, list [][]rune) (lengths []int) {
	for _, w := range list {
		if common(s, w) == len(w) {
			lengths = append(lengths, len(w))
		}
	}
	return lengths
}

// walk returns how far s follows one of the walks, from three signs on.
func walk(s []rune) int {
	longest := 0
	for _, w := range walks {
		for from := range w {
			if n := common(s, w[from:]); n >= 3 {
				longest = max(longest, n)
			}
		}
	}
	return longest
}

// dates returns the lengths of the days and years at the beginning of s.
func dates(s []rune) (lengths []int) {
	for _, layout := range []string{"2006-01-02", "20060102", "200601", "2006"} {
		if len(s) < len(layout) {
			continue
		}
		if day, err := time.Parse(layout, string(s[:len(layout)])); err == nil && day.Year() >= 1900 && day.Year() < 2100 {
			lengths = append(lengths, len(layout))
		}
	}
	return lengths
}

// run returns how often the first sign stands in a row.
func run(s []rune) int {
	n := 1
	for n < len(s) && s[n] == s[0] {
		n++
	}
	return n
}

// repeat returns how much of what stands at i was said before, from two signs
// on.
func repeat(s []rune, i int) int {
	longest := 0
	for from := range i {
		if n := common(s[i:], s[from:]); n >= 2 {
			longest = max(longest, n)
		}
	}
	return longest
}

// common returns the length of the common beginning.
func common(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// withReversed returns what is long enough to be a piece, both ways round.
func withReversed(own []string) (both [][]rune) {
	for _, w := range own {
		if runes := []rune(strings.ToLower(w)); len(runes) >= 2 {
			both = append(both, runes, reversed(runes))
		}
	}
	return both
}

func reversed(s []rune) []rune {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}

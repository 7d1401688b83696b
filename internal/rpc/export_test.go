package rpc

// HasForm reports whether a pattern of a contract has words for people.
func HasForm(pattern string) bool {
	_, ok := forms[pattern]
	return ok
}

// HasSentence reports whether a rule of a contract has words for people.
func HasSentence(rule string) bool {
	_, ok := sentences[rule]
	return ok
}

// ToStatus is the handler's side of ProblemFrom.
var ToStatus = toStatus

// The two ways to the text that is hashed.
var (
	CanonicalJSON        = canonicalJSON
	CanonicalByProtojson = canonicalByProtojson
	CanonicalByWalk      = canonicalByWalk
)

package contract

import "shiyang/internal/problem"

// Flawless is the quick look at a body.
func (r *Route) Flawless(body []byte) bool { return r.flawless(body) }

// FindMistakes is the thorough one.
func (r *Route) FindMistakes(body []byte) problem.Fields { return r.findMistakes(body) }

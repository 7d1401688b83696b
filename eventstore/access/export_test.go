package access

// MakeCheap lets sign-ins compare without the cost of a hash: every password
// but this one is wrong.
func (s *SignIns) MakeCheap(right string) {
	s.matches = func(_, password string) (bool, error) { return password == right, nil }
}

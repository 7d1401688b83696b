package secrets

// Hashings makes the store count how often it does the costly part.
func (s *Store) Hashings() *int {
	n, slow := new(int), s.slow
	s.slow = func(password, salt []byte, passes, memory uint32, threads uint8, size uint32) []byte {
		*n++
		if memory != s.o.Params.MemoryKiB || passes != s.o.Params.Time {
			*n += 1000 // cheaper or dearer than for an account that exists
		}
		return slow(password, salt, passes, memory, threads, size)
	}
	return n
}

package journal

// LastFile returns the first position of the file that is being filled.
func LastFile(j *Journal) uint64 {
	sealed := j.log.Sealed()
	if len(sealed) == 0 {
		return 1
	}
	return sealed[len(sealed)-1].Next
}

package journal

import "math"

// LastFile returns the first position of the file that is being filled.
func LastFile(j *Journal) uint64 {
	sealed := j.log.Sealed()
	if len(sealed) == 0 {
		return 1
	}
	return sealed[len(sealed)-1].Next
}

// Indexed counts the revisions that the index knows.
func Indexed(j *Journal) (entries uint64, err error) {
	for h, err := range j.index.Heads() {
		if err != nil {
			return 0, err
		}
		for _, err := range j.index.Revisions(h.Stream, 0, math.MaxInt64, false) {
			if err != nil {
				return 0, err
			}
			entries++
		}
	}
	return entries, nil
}

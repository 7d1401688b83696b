package main

import "testing"

func TestLineMeetsWhatIsKnown(t *testing.T) {
	l := line{194, 137783, 1994, 406613}
	for revision, want := range map[uint64]uint64{194: 137783, 394: 167653, 1994: 406613} {
		if got := l.at(revision); got != want {
			t.Errorf("revision %d is at %d, want %d", revision, got, want)
		}
	}
	for n := uint64(1); n < 2000; n++ {
		if l.at(n) <= l.at(n-1) {
			t.Fatalf("revision %d is not after the one before it", n)
		}
	}
}

func TestPositionsAreExchangedOneForOne(t *testing.T) {
	tr := &translator{ours: []uint64{1, 2, 3}, vendors: []uint64{167, 305, 471}}
	for ours, vendor := range map[uint64]uint64{1: 167, 3: 471, 4: 472} {
		if got := tr.toVendor(ours); got != vendor {
			t.Errorf("%d becomes %d, want %d", ours, got, vendor)
		}
		if got := tr.toOurs(vendor); got != ours {
			t.Errorf("%d becomes %d, want %d", vendor, got, ours)
		}
	}
}

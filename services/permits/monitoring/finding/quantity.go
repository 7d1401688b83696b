// Package finding draws conclusions from what meters say: a reading above the
// limit of the permit 超标, and a year's mass that comes near the permitted one
// 年排放量预警 (Decree 736 Arts. 21, 22, 34; HJ 212-2017).
//
//	over  = mean > limit, with the averaging time of the limit
//	mean  = the mean at the reference oxygen (ZsAvg), if the meter tells one
//	counts: flag N, and S where the bureau says so
//	mass  = the sum of the hours' Cou; told once each at 80, 90 and 100 %
//
// An exceedance is a lead 线索 for enforcement: its event says the limit, the
// version of the permit and the values, so that nobody has to look them up in
// a later state. The package is pure and calculates in whole numbers. Start
// with [Check], then [Exceedance] and [Year].
package finding

import (
	"math/big"
	"strings"
)

// prefixes of units of mass, in nanograms.
var prefixes = map[string]int64{"ng": 1, "ug": 1e3, "μg": 1e3, "µg": 1e3, "mg": 1e6, "g": 1e9, "kg": 1e12}

// volumes, in litres.
var volumes = map[string]int64{"m3": 1000, "m³": 1000, "Nm3": 1000, "L": 1, "l": 1}

// factor is the size of a unit of concentration in ng/m3; false for one that
// is no mass in a volume.
func factor(unit string) (*big.Rat, bool) {
	mass, volume, ok := strings.Cut(unit, "/")
	m, known := prefixes[mass]
	l, measured := volumes[volume]
	if !ok || !known || !measured {
		return nil, false
	}
	return big.NewRat(m*1000, l), true
}

// above tells whether a value is larger than a limit, each in its own unit.
// It answers only where both can be compared: same unit, or masses in volumes.
func above(value, unit, limit, limitUnit string) (over, fit bool) {
	v, ok := new(big.Rat).SetString(value)
	l, okLimit := new(big.Rat).SetString(limit)
	if !ok || !okLimit {
		return false, false
	}
	if unit != limitUnit {
		f, known := factor(unit)
		g, knownLimit := factor(limitUnit)
		if !known || !knownLimit {
			return false, false
		}
		v.Mul(v, f)
		l.Mul(l, g)
	}
	return v.Cmp(l) > 0, true
}

// milligrams of a unit of mass.
var massUnits = map[string]int64{"mg": 1, "g": 1000, "kg": 1_000_000, "t": 1_000_000_000}

// Milligrams reads a mass as a meter tells it; false for what is no mass, is
// negative or does not fit. What is smaller than a milligram is rounded down.
func Milligrams(value, unit string) (int64, bool) {
	size, known := massUnits[unit]
	v, ok := new(big.Rat).SetString(value)
	if !known || !ok || v.Sign() < 0 {
		return 0, false
	}
	v.Mul(v, new(big.Rat).SetInt64(size))
	whole := new(big.Int).Quo(v.Num(), v.Denom())
	return whole.Int64(), whole.IsInt64()
}

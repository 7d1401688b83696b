//go:build !race

package esdbstore_test

const raceDetector = false

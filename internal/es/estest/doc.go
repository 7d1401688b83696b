// Package estest helps to test aggregates, stores and contracts.
//
//   - [Run] plays given-when-then scenarios on an aggregate,
//   - [Faulty] makes appends fail before or after their effect,
//   - [Golden], [EveryEventHasGolden] keep stored bytes readable for ever,
//   - [EveryEventEvolves] proves that an aggregate knows its events,
//   - [Keyring] seals personal fields in a repeatable way.
//
// It is imported by tests only. It owns the test flag -update, which writes
// golden files that are missing and changes none.
package estest

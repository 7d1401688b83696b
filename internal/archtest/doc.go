// Package archtest executes the dependency table of docs/architecture.md: a
// package that is not in the table, or imports what its row does not allow,
// fails the build. It also holds the rules of the house that a linter cannot
// see: file length, package size, and words that must not be published.
package archtest

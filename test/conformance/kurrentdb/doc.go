// Package kurrentdb asks a server with the successor of the official Go client.
// Its protocol messages have the names of the official client's, so that one
// process can hold only one of the two: hence a module of its own.
package kurrentdb

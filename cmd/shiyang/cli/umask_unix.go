//go:build unix

package cli

import "syscall"

// Everything that this program writes is for its own user, also in a data
// folder that others may enter.
func init() { syscall.Umask(0o077) }

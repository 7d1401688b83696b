package cli

// NewCommand is the program, for tests.
var NewCommand = newCommand

package cli

// NewCommand is the program, for tests.
var NewCommand = newCommand

// StoreAdmin is the admin port of a store that runs alone, for tests.
var StoreAdmin = storeAdmin

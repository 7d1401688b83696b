// Command serve runs the servers of the floor until its input ends. It tells
// their addresses on its output.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"shiyang/bench/floor"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func serve() error {
	servers, err := floor.Serve()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(servers); err != nil {
		return errors.Join(err, servers.Close())
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, servers.Close())
}

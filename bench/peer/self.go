package peer

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The servers that are Go packages run in processes of their own too: this
// program starts itself again with selfArgument as its first argument.
const (
	selfArgument  = "serve-peer"
	readyWord     = "ready"
	keepaliveTime = time.Second
)

// ServeSelf serves a peer if the arguments of this process ask for one, and
// says whether they did. Call it first in main.
func ServeSelf(args []string) (asked bool, err error) {
	if len(args) != 4 || args[1] != selfArgument {
		return false, nil
	}
	switch args[2] {
	case "memory":
		events, err := strconv.Atoi(args[3])
		if err != nil {
			return true, err
		}
		return true, serveMemory(events)
	case "nats":
		return true, serveNATS(args[3])
	}
	return true, fmt.Errorf("there is no peer %q", args[2])
}

// serveSelf starts this program again as a peer and returns the address it tells.
func serveSelf(ctx context.Context, name, argument string) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, err := launch(ctx, syscall.SIGTERM, 0, self, selfArgument, name, argument)
	if err != nil {
		return nil, "", err
	}
	match, err := p.await(selfReady.FindStringSubmatch)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	return p, match[1], nil
}

func listenLoopback() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

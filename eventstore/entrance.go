package eventstore

import (
	"errors"
	"net"
	"sync"
)

// entrance is a listener that one front after the other can serve on: a front
// closes what it serves on when it stops, the entrance stays open.
type entrance struct {
	net.Listener
	stopping <-chan struct{} // the store stops: with its front the entrance closes
	arrived  chan arrival
	closed   chan struct{}
	once     sync.Once
	err      error
}

// arrival is what the listener returned.
type arrival struct {
	conn net.Conn
	err  error
}

func newEntrance(listener net.Listener, stopping <-chan struct{}) *entrance {
	e := &entrance{Listener: listener, stopping: stopping, arrived: make(chan arrival), closed: make(chan struct{})}
	go e.accept()
	return e
}

func (e *entrance) accept() {
	for {
		conn, err := e.Accept()
		select {
		case e.arrived <- arrival{conn, err}:
		case <-e.closed:
			if conn != nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil && !isTemporary(err) {
			return
		}
	}
}

// isTemporary tells of errors of accept that a server waits for to pass, such
// as too many open files.
func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Close closes the listener itself. Closing twice does no harm.
func (e *entrance) Close() error {
	e.once.Do(func() {
		close(e.closed)
		e.err = e.Listener.Close()
	})
	return e.err
}

// view is the entrance for one front.
type view struct {
	*entrance
	gone chan struct{}
	once sync.Once
}

func (e *entrance) view() net.Listener { return &view{entrance: e, gone: make(chan struct{})} }

// Accept returns the next connection until Close.
func (v *view) Accept() (net.Conn, error) {
	select {
	case a := <-v.arrived:
		return a.conn, a.err
	case <-v.gone:
		return nil, net.ErrClosed
	case <-v.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the front's use of the entrance, and the entrance with the store.
func (v *view) Close() error {
	v.once.Do(func() { close(v.gone) })
	if isClosed(v.stopping) {
		return v.entrance.Close()
	}
	return nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

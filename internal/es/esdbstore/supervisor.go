package esdbstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// supervise owns the official client until Close: it makes one, lets callers
// have it when a first read was answered, watches it, and makes the next one
// when it breaks.
func (c *Client) supervise() {
	defer close(c.done)
	failures := 0
	for c.life.Err() == nil {
		g, err := c.build()
		if err != nil {
			c.mu.Lock()
			c.failure = err
			c.mu.Unlock()
			c.log.LogAttrs(c.life, slog.LevelWarn, "event store does not answer", slog.Int("failures", failures+1), slog.String("error", Redact(err.Error())))
		} else {
			c.install(g)
			c.watch(g)
			if g.served.Load() {
				failures = 0
			}
		}
		if c.timing.pause(c.life, failures) != nil {
			return
		}
		failures++
	}
}

// build makes an official client and proves that it works. It waits as long
// as no server listens.
func (c *Client) build() (*generation, error) {
	if err := c.knock(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.newest++
	g := newGeneration(c.newest, &c.running)
	c.mu.Unlock()
	config := c.target.config
	config.Logger = c.listen(g)
	client, err := esdb.NewClient(&config)
	if err != nil {
		return nil, err
	}
	g.client = client
	g.enter()
	g.slots <- struct{}{}
	proof := make(chan error, 1)
	go func() {
		// The read ends after its time-out once there is a connection. Before,
		// the official client looks for servers and hears nothing; another
		// client would do the same, so this one is given as long as it takes.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.life), c.timing.probeTimeout)
		defer cancel()
		defer g.leave()
		defer func() { <-g.slots }()
		proof <- protected(ctx, g, readHead).err
	}()
	select {
	case err = <-proof:
	case <-c.life.Done():
		err = ErrClosed
	}
	if err != nil {
		g.retire()
		return nil, fmt.Errorf("first read: %w", err)
	}
	c.seen()
	return g, nil
}

// install gives callers a generation.
func (c *Client) install(g *generation) {
	c.mu.Lock()
	c.current, c.failure = g, nil
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	if g.number > 1 {
		c.reconnects.Add(1)
	}
	c.log.LogAttrs(c.life, slog.LevelInfo, "event store connected", slog.String("address", c.target.text), slog.Uint64("generation", g.number))
}

// retire takes a generation from callers for good.
func (c *Client) retire(g *generation, reason error) {
	if !g.retire() {
		return
	}
	c.mu.Lock()
	if c.current == g {
		c.current, c.failure = nil, reason
	}
	c.mu.Unlock()
	if reason != nil && !errors.Is(reason, ErrClosed) {
		c.log.LogAttrs(c.life, slog.LevelWarn, "event store connection given up", slog.Uint64("generation", g.number), slog.String("error", Redact(reason.Error())))
	}
}

// watch returns when g is retired, by a failed call or by a probe that is not
// answered in time. Calls that succeed are as good as probes.
func (c *Client) watch(g *generation) {
	tick := time.NewTicker(c.timing.probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-g.gone:
			return
		case <-c.life.Done():
			c.retire(g, ErrClosed)
			return
		case <-tick.C:
		}
		if c.silence() < c.timing.probeEvery {
			continue
		}
		c.probe(g)
	}
}

// probe asks g for a sign of life and retires it if none comes in time. Other
// failures are judged like those of any call.
func (c *Client) probe(g *generation) {
	ctx, cancel := context.WithTimeout(c.life, c.timing.probeTimeout)
	defer cancel()
	if !c.admit(ctx, g) {
		if ctx.Err() != nil {
			c.retire(g, errors.New("all calls are stuck"))
		}
		return
	}
	if _, err := callOn(ctx, c, g, readHead); judge(err) == late && c.life.Err() == nil {
		c.retire(g, fmt.Errorf("no answer to a probe: %w", err))
	}
}

// knock waits until something listens where the store should be. Without it
// the official client would look for a server by itself, and no context and
// no Close could stop it.
func (c *Client) knock() error {
	const between = 100 * time.Millisecond // steady: refusals are cheap and recovery is not to wait for a backoff
	for attempt := 0; ; attempt++ {
		err := c.listening()
		if err == nil {
			return nil
		}
		if attempt == 0 {
			c.mu.Lock()
			c.failure = err
			c.mu.Unlock()
		}
		timer := time.NewTimer(between/2 + time.Duration(c.timing.random()*float64(between)))
		select {
		case <-timer.C:
		case <-c.life.Done():
			timer.Stop()
			return ErrClosed
		}
	}
}

// listening tells whether any endpoint accepts connections. An endpoint
// behind an HTTP proxy can't be asked directly and counts as listening.
func (c *Client) listening() (err error) {
	dialer := net.Dialer{Timeout: time.Second}
	for _, e := range c.target.endpoints {
		if proxy, errProxy := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: e.address}}); e.network == "tcp" && errProxy == nil && proxy != nil {
			return nil
		}
		var conn net.Conn
		if conn, err = dialer.DialContext(c.life, e.network, e.address); err == nil {
			return conn.Close()
		}
	}
	return err
}

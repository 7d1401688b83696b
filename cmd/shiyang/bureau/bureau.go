package bureau

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"shiyang/cmd/shiyang/config"
	"shiyang/gateway/identity"
	"shiyang/internal/certificate"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/feed"
	"shiyang/internal/rpc"
	"shiyang/services/permits/monitoring/wire"
)

// Part is one of the parts that can run alone.
type Part string

// The parts.
const (
	Permits Part = "permits"
	Audit   Part = "audit"
	Gateway Part = "gateway"
)

// All is every part, for one process.
var All = []Part{Permits, Audit, Gateway}

// Options say what to start.
type Options struct {
	Config config.Config
	Parts  []Part
	Log    *slog.Logger
	Now    func() time.Time
}

// Bureau is the running system, or a part of it.
type Bureau struct {
	parts     []Part
	ground    *ground
	law       func() *law.Book
	identity  *identity.Service
	server    *grpc.Server // of the part that runs alone
	runner    *readmodel.Runner
	reactor   *readmodel.Reactor
	ticker    *readmodel.Ticker
	work      work
	listen    string // of the portal
	admin     string
	internal  string       // of the gRPC listener, when parts run alone
	intake    wire.Intake  // of what meters send; nil without the permits part
	meters    *wire.Server // nil if none are listened to
	meterAddr string

	running   sync.WaitGroup // doors
	followers sync.WaitGroup // views, reactions, ticker
	stop      context.CancelFunc
	once      sync.Once
	failed    chan error
}

// work is what the parts want to be run.
type work struct {
	projections []readmodel.Projection
	reactions   []readmodel.Reaction
	jobs        []readmodel.Job
}

func (w *work) add(p []readmodel.Projection, r []readmodel.Reaction, j []readmodel.Job) {
	w.projections = append(w.projections, p...)
	w.reactions = append(w.reactions, r...)
	w.jobs = append(w.jobs, j...)
}

// newID makes the ids of commands and records.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Start starts the parts and returns when the portal listens; views may still
// be catching up (see [Bureau.Ready]). The caller closes the bureau.
func Start(ctx context.Context, o Options) (*Bureau, error) {
	g, err := openGround(ctx, o.Config, o.Log, o.Now)
	if err != nil {
		return nil, err
	}
	b := &Bureau{parts: o.Parts, ground: g, law: g.library.Book, failed: make(chan error, 1)}
	var life context.Context
	life, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := b.start(ctx, life); err != nil {
		return nil, errors.Join(err, b.Close(context.WithoutCancel(ctx)))
	}
	return b, nil
}

// name tells programs with different views apart that share a database.
func (b *Bureau) name() string {
	if b.alone() {
		return string(b.parts[0])
	}
	return "all"
}

func (b *Bureau) has(p Part) bool { return slices.Contains(b.parts, p) }

func (b *Bureau) alone() bool { return len(b.parts) < len(All) }

// start makes the parts, then the views, then the doors.
func (b *Bureau) start(ctx, life context.Context) error {
	g := b.ground
	file := g.config.TokenKey
	if file == "" {
		file = g.config.Path("keys", "token.pem")
	}
	key, err := openTokenKey(filepath.Clean(file))
	if err != nil {
		return err
	}
	permits, err := b.connect(Permits, g.config.Permits, key, b.openPermits)
	if err != nil {
		return err
	}
	ident, err := b.connect(Gateway, g.config.Identity, key, b.openIdentity)
	if err != nil {
		return err
	}
	audit, err := b.connect(Audit, g.config.Audit, key, func(_ context.Context, server grpc.ServiceRegistrar, _ tokenKey) error {
		b.openAudit(server, permits, ident)
		return nil
	})
	if err != nil {
		return err
	}
	var handler http.Handler
	if b.has(Gateway) {
		if handler, err = b.openGateway(ctx, key, permits, audit, ident); err != nil {
			return err
		}
	}
	if err := b.follow(ctx, life); err != nil {
		return err
	}
	return b.openDoors(handler)
}

// connect returns the connection to a part: in this process, where open makes
// its services, or where the settings say that it runs. A part that is neither
// here nor named stays nil.
func (b *Bureau) connect(p Part, addr string, key tokenKey, open func(context.Context, grpc.ServiceRegistrar, tokenKey) error) (grpc.ClientConnInterface, error) {
	if b.has(p) {
		return b.openService(key, open)
	}
	if addr == "" {
		return nil, nil //nolint:nilnil // a part that this process does not need
	}
	conn, err := rpc.Dial(addr, rpc.DialOptions{})
	if err != nil {
		return nil, err
	}
	b.ground.onClose(func(context.Context) error { return conn.Close() })
	return conn, nil
}

// openService makes a part's services on a server of their own and connects to
// it in this process: every call passes the same chain as over a network.
func (b *Bureau) openService(key tokenKey, open func(context.Context, grpc.ServiceRegistrar, tokenKey) error) (grpc.ClientConnInterface, error) {
	g := b.ground
	server := rpc.NewInProcess(rpc.ServerOptions{Tokens: key.verifier(g.now), Logger: g.log, Now: g.now})
	if err := open(context.Background(), server, key); err != nil {
		return nil, err
	}
	b.server = server.Server
	if err := server.Connect(); err != nil {
		return nil, err
	}
	g.onClose(func(ctx context.Context) error { return errors.Join(server.Close(), stopServer(ctx, server.Server)) })
	return server, nil
}

// follow runs views, reactions and the ticker until the bureau closes.
func (b *Bureau) follow(ctx, life context.Context) error {
	g := b.ground
	options := readmodel.Options{Logger: g.log, Now: g.now, Part: b.name()}
	events := feed.Once(g.codec)
	b.runner = readmodel.NewRunner(g.views, g.feed, events, options, b.work.projections...)
	b.reactor = readmodel.NewReactor(g.views, g.feed, events, options, b.work.reactions...)
	b.ticker = readmodel.NewTicker(g.now, g.config.Tick, b.work.jobs...)
	b.ticker.Logger = g.log
	for _, step := range []func(context.Context) error{g.claimViews, b.installLaw, g.claimViews} { // the law may be the first event
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := b.runner.Install(ctx); err != nil {
		return fmt.Errorf("views: %w", err)
	}
	g.onClose(func(context.Context) error {
		b.stop()
		b.followers.Wait()
		return nil
	})
	for name, run := range map[string]func(context.Context) error{"law data": g.library.Run, "views": b.runner.Run, "reactions": b.reactor.Run, "ticker": b.tick} {
		b.followers.Go(func() {
			if err := run(life); err != nil {
				b.fail(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if g.embedded != nil {
		b.followers.Go(func() {
			select {
			case <-g.embedded.Failed():
				b.fail(fmt.Errorf("embedded event store: %w", g.embedded.Ready()))
			case <-life.Done():
			}
		})
	}
	return nil
}

// tick runs the ticker once the views that its jobs look into are there.
func (b *Bureau) tick(life context.Context) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for b.runner.Ready() != nil {
		select {
		case <-poll.C:
		case <-life.Done():
			return nil
		}
	}
	return b.ticker.Run(life)
}

// openDoors listens last, when everything behind the doors stands.
func (b *Bureau) openDoors(handler http.Handler) error {
	g := b.ground
	if err := b.serveAdmin(health{b.Ready}); err != nil {
		return err
	}
	if err := b.openControl(); err != nil {
		return err
	}
	if err := b.openMeters(); err != nil {
		return err
	}
	if server := b.server; b.alone() {
		listener, err := net.Listen("tcp", g.config.Internal)
		if err != nil {
			return fmt.Errorf("internal address: %w", err)
		}
		b.internal = listener.Addr().String()
		b.running.Go(func() {
			if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
				b.fail(fmt.Errorf("internal address: %w", err))
			}
		})
	}
	if handler == nil {
		return nil
	}
	listener, err := net.Listen("tcp", g.config.Listen)
	if err != nil {
		return fmt.Errorf("portal address: %w", err)
	}
	b.listen = listener.Addr().String()
	portal := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
	if g.config.TLSCert == "" {
		b.serve("portal", portal, func() error { return portal.Serve(listener) })
		return nil
	}
	pair, err := certificate.Open(g.config.TLSCert, g.config.TLSKey, certificate.Options{Logger: g.log})
	if err != nil {
		return errors.Join(fmt.Errorf("tls_cert and tls_key: %w", err), listener.Close())
	}
	portal.TLSConfig = pair.Config()
	b.serve("portal", portal, func() error { return portal.ServeTLS(listener, "", "") })
	return nil
}

// stopServer lets running calls end, until ctx does.
func stopServer(ctx context.Context, server *grpc.Server) error {
	done := make(chan struct{})
	go func() { server.GracefulStop(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		server.Stop()
		return fmt.Errorf("services: %w", ctx.Err())
	}
}

// fail ends the bureau with its first error.
func (b *Bureau) fail(err error) {
	select {
	case b.failed <- err:
	default:
	}
}

// Wait returns when ctx ends, or earlier with the error that ended a part.
func (b *Bureau) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-b.failed:
		return err
	}
}

// Ready tells whether the bureau can work: store reachable, views at hand.
func (b *Bureau) Ready() error {
	if err := b.ground.client.Ready(); err != nil {
		return err
	}
	if err := b.ground.library.Ready(); err != nil {
		return err
	}
	return b.runner.Ready()
}

// Settle waits until views and reactions have reached the head of the log and
// the ticker finds nothing more to do.
func (b *Bureau) Settle(ctx context.Context) error {
	if err := b.ground.library.Settle(ctx); err != nil {
		return err
	}
	return readmodel.Settle(ctx, b.ground.client, b.runner, b.reactor, b.ticker)
}

// Close stops the parts, doors first, and tells every failure.
func (b *Bureau) Close(ctx context.Context) error {
	var err error
	b.once.Do(func() {
		err = b.ground.close(ctx)
		b.stop()
		b.running.Wait()
	})
	return err
}

// URL is the address of the portal.
func (b *Bureau) URL() string {
	if b.ground.config.TLSCert != "" {
		return "https://" + b.listen
	}
	return "http://" + b.listen
}

// AdminURL is the address of metrics, profiles and health.
func (b *Bureau) AdminURL() string { return "http://" + b.admin }

// Internal is the address of a part's services when it runs alone.
func (b *Bureau) Internal() string { return b.internal }

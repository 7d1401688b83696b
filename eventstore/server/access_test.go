package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"shiyang/eventstore/access"
	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

const password = "correct horse"

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secure is a store with TLS and users.
type secure struct {
	*testing.T
	address string
	roots   *x509.CertPool
	server  *server.Server
	users   *access.Users
}

func newSecure(t *testing.T, anonymous bool) *secure {
	t.Helper()
	users, err := access.OpenUsers(filepath.Join(t.TempDir(), "users.json"))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(users.Create("admin", "", password, []string{access.Admins}),
		users.Create("ops", "", password, []string{access.Operators}),
		users.Create("ann", "", password, nil), users.Create("bob", "", password, []string{"readers"}))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	j, err := journal.Open(journal.Options{Dir: "data", FS: vfs.NewMem(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	cert, roots := certificate(t)
	s, err := server.New(j, server.Options{
		Logger: quiet, Users: users, Anonymous: anonymous, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		s.Stop(context.Background())
		if err := errors.Join(<-served, j.Close()); err != nil {
			t.Error(err)
		}
	})
	return &secure{T: t, address: listener.Addr().String(), roots: roots, server: s, users: users}
}

// as returns the official client of a user; an empty name signs in nobody.
func (s *secure) as(name string) *esdb.Client {
	s.Helper()
	user := ""
	if name != "" {
		user = name + ":" + strings.ReplaceAll(password, " ", "%20") + "@"
	}
	config, err := esdb.ParseConnectionString("esdb://" + user + s.address)
	if err != nil {
		s.Fatal(err)
	}
	config.RootCAs, config.Logger = s.roots, func(esdb.LogLevel, string, ...any) {}
	client, err := esdb.NewClient(config)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = client.Close() })
	return client
}

func wantCode(t *testing.T, what string, err error, want esdb.ErrorCode) {
	t.Helper()
	if e, ok := errors.AsType[*esdb.Error](err); !ok || e.Code() != want {
		t.Errorf("%s: %v, want code %d", what, err, want)
	}
}

func write(t *testing.T, c *esdb.Client, stream, kind, data string) error {
	t.Helper()
	_, err := c.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{},
		esdb.EventData{EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(data)})
	return err
}

func readOne(t *testing.T, c *esdb.Client, stream string) error {
	t.Helper()
	r, err := c.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err = r.Recv(); errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestUsersAndAccessLists(t *testing.T) {
	s := newSecure(t, false)
	admin, ops, ann, bob, nobody := s.as("admin"), s.as("ops"), s.as("ann"), s.as("bob"), s.as("")
	if err := write(t, ann, "open", "Happened", `{}`); err != nil {
		t.Fatal("a user stream is everybody's:", err)
	}
	wantCode(t, "nobody writes", write(t, nobody, "open", "Happened", `{}`), esdb.ErrorCodeAccessDenied)
	wantCode(t, "nobody reads", readOne(t, nobody, "open"), esdb.ErrorCodeAccessDenied)
	wantCode(t, "a user writes a system stream", write(t, ann, "$own", "Happened", `{}`), esdb.ErrorCodeAccessDenied)
	wantCode(t, "a user reads a system stream", readOne(t, ann, "$persistentSubscriptionConfig"), esdb.ErrorCodeAccessDenied)
	if err := write(t, admin, "$own", "Happened", `{}`); err != nil {
		t.Error("an administrator may do everything:", err)
	}

	var meta esdb.StreamMetadata
	var acl esdb.Acl
	acl.AddReadRoles("readers", "ann")
	acl.AddWriteRoles("ann")
	acl.AddMetaWriteRoles()
	meta.SetAcl(acl)
	if _, err := ann.SetStreamMetadata(t.Context(), "open", esdb.AppendToStreamOptions{}, meta); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"a writer writes": write(t, ann, "open", "Happened", `{}`), "a group reads": readOne(t, bob, "open")} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantCode(t, "a reader writes", write(t, bob, "open", "Happened", `{}`), esdb.ErrorCodeAccessDenied)
	_, err := bob.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{})
	wantCode(t, "a user subscribes to $all", err, esdb.ErrorCodeAccessDenied)
	if err := write(t, admin, "$$$all", "$metadata", `{"$acl":{"$r":"readers"}}`); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{}); err != nil {
		t.Error("a user who may read $all:", err)
	}

	create := func(c *esdb.Client, group string) error {
		return c.CreatePersistentSubscription(t.Context(), "open", group, esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}})
	}
	wantCode(t, "a user makes a group", create(ann, "g"), esdb.ErrorCodeAccessDenied)
	if err := create(ops, "g"); err != nil {
		t.Error("an operator makes a group:", err)
	}
	_, err = nobody.ListAllPersistentSubscriptions(t.Context(), esdb.ListPersistentSubscriptionsOptions{})
	wantCode(t, "nobody lists groups", err, esdb.ErrorCodeAccessDenied)
	_, err = ops.SubscribeToPersistentSubscription(t.Context(), "open", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	wantCode(t, "a group of a stream that one may not read", err, esdb.ErrorCodeAccessDenied)
	sub, err := bob.SubscribeToPersistentSubscription(t.Context(), "open", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil || sub.Recv().EventAppeared == nil {
		t.Error("a reader in a group:", err)
	}

	if err := write(t, admin, "$settings", "update-default-acl", `{"$userStreamAcl":{"$w":"bob"},"$systemStreamAcl":{"$r":["ann"]}}`); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "by the defaults only bob writes", write(t, ann, "other", "Happened", `{}`), esdb.ErrorCodeAccessDenied)
	if err := errors.Join(write(t, bob, "other", "Happened", `{}`), readOne(t, ann, "$settings"), write(t, ann, "open", "Happened", `{}`)); err != nil {
		t.Error("defaults leave what they do not name and what has a list of its own:", err)
	}
	_, err = ann.TombstoneStream(t.Context(), "$settings", esdb.TombstoneStreamOptions{})
	wantCode(t, "a user deletes a system stream", err, esdb.ErrorCodeAccessDenied)
}

// TestALinkIsNoWayAroundAnAccessList: whoever may not read the target sees a
// link that leads nowhere.
func TestALinkIsNoWayAroundAnAccessList(t *testing.T) {
	s := newSecure(t, false)
	admin, ann, ops := s.as("admin"), s.as("ann"), s.as("ops")
	if err := errors.Join(write(t, admin, "$secret", "Happened", `{}`), write(t, ann, "own", "$>", "0@$secret")); err != nil {
		t.Fatal(err)
	}
	follow := func(c *esdb.Client) *esdb.ResolvedEvent {
		t.Helper()
		r, err := c.ReadStream(t.Context(), "own", esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		e, err := r.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := follow(ann); e.Event != nil || e.Link == nil {
		t.Errorf("a user reads a system stream through a link: %+v", e)
	}
	if e := follow(admin); e.Event == nil || e.Event.StreamID != "$secret" {
		t.Errorf("an administrator follows the link to %+v", e)
	}
	settings := esdb.SubscriptionSettingsDefault()
	settings.ResolveLinkTos = true
	err := ops.CreatePersistentSubscription(t.Context(), "own", "g", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}, Settings: &settings})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := ann.SubscribeToPersistentSubscription(t.Context(), "own", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e := sub.Recv().EventAppeared; e == nil || e.Event.Event != nil || e.Event.Link == nil {
		t.Errorf("a user reads a system stream through a group: %+v", e)
	}
}

func TestWrongPasswords(t *testing.T) {
	s := newSecure(t, true)
	conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(s.roots, "")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	try := func(header string, messages int) codes.Code {
		t.Helper()
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", header)
		call, err := streams.NewStreamsClient(conn).Append(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = call.Send(appendOptions("a"))
		for range messages {
			// The refusal comes after the last message, not in the midst.
			err = errors.Join(err, call.Send(proposed(func(m *streams.AppendReq_ProposedMessage) { m.Data = make([]byte, 64<<10) })))
		}
		if err != nil {
			t.Fatal("the server stopped listening:", err)
		}
		_, err = call.CloseAndRecv()
		return status.Code(err)
	}
	// ann:wrong, nobody:correct horse, no base64, another scheme
	for _, header := range []string{"Basic YW5uOndyb25n", "Basic bm9ib2R5OmNvcnJlY3QgaG9yc2U=", "Basic ???", "Bearer x"} {
		if got := try(header, 20); got != codes.Unauthenticated {
			t.Errorf("%q: %v", header, got)
		}
	}
	if got := try("Basic YW5uOmNvcnJlY3QgaG9yc2U=", 1); got != codes.OK {
		t.Errorf("the right password: %v", got)
	}
	// The official client, too: with anonymous access nobody has the rights that lists give to all.
	if err := write(t, s.as(""), "open", "Happened", `{}`); err != nil {
		t.Error("anonymous access:", err)
	}
	wantCode(t, "nobody writes a system stream", write(t, s.as(""), "$own", "Happened", `{}`), esdb.ErrorCodeAccessDenied)
}

func TestPlainBeyondThisMachineIsRefused(t *testing.T) {
	j, err := journal.Open(journal.Options{Dir: "data", FS: vfs.NewMem(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(j, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		s.Stop(t.Context())
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = s.Serve(elsewhere{})
	if !errors.Is(err, server.ErrPlain) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("serve on every address: %v", err)
	}
}

// elsewhere is a listener that other machines reach.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 2113} }
func (elsewhere) Close() error   { return nil }

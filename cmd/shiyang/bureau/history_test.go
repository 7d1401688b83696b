package bureau_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/config"
	"shiyang/eventstore"
)

// The history of an account goes from the audit part back to the gateway,
// which keeps the accounts: in one process, and between two.
func TestHistoryOfAnAccountThroughTheAuditPart(t *testing.T) {
	b := start(t, settings(t), time.Now)
	password, err := b.Bootstrap(t.Context(), "admin", person)
	if err != nil {
		t.Fatal(err)
	}
	ownHistory(t, b.URL(), password)
}

func TestHistoryOfAnAccountBetweenParts(t *testing.T) {
	store, err := eventstore.Open(eventstore.Options{Dir: t.TempDir(), Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	listener := listen(t)
	go func() { _ = store.Serve(listener) }() // ends with the store
	shared := t.TempDir()
	c := settings(t)
	c.EventStore = "esdb://" + listener.Addr().String() + "?tls=false"
	c.TokenKey, c.MasterKey = filepath.Join(shared, "token.pem"), filepath.Join(shared, "master.key")

	// Audit and gateway name each other, so one of them is reached through a
	// door that stands before it does.
	door := listen(t)
	c.Permits = part(t, bureau.Permits, c).Internal()
	c.Identity = door.Addr().String()
	c.Audit = part(t, bureau.Audit, c).Internal()
	gateway := part(t, bureau.Gateway, c)
	go lead(door, gateway.Internal())
	password, err := gateway.Bootstrap(t.Context(), "admin", person)
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	ownHistory(t, gateway.URL(), password)
}

// part starts one part alone, with data of its own.
func part(t *testing.T, p bureau.Part, c config.Config) *bureau.Bureau {
	t.Helper()
	c.Data = t.TempDir()
	if err := c.CheckPart(string(p)); err != nil {
		t.Fatal(err)
	}
	b, err := bureau.Start(t.Context(), bureau.Options{Config: c, Parts: []bureau.Part{p}, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return b
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// lead passes connections on until the door closes.
func lead(door net.Listener, to string) {
	for {
		from, err := door.Accept()
		if err != nil {
			return
		}
		onward, err := net.Dial("tcp", to)
		if err != nil {
			_ = from.Close()
			continue
		}
		go func() { _, _ = io.Copy(onward, from); _ = onward.Close() }()
		go func() { _, _ = io.Copy(from, onward); _ = from.Close() }()
	}
}

// ownHistory signs in and reads the own account's history.
func ownHistory(t *testing.T, url, password string) {
	t.Helper()
	api := apiclient.New(url)
	session, err := api.SignIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	var me struct{ AccountID string }
	if err := api.As(session).Get(t.Context(), "/v1/accounts/me", &me); err != nil {
		t.Fatal(err)
	}
	var past struct {
		Events []struct {
			Type     string
			Sentence struct{ Zh string }
		}
	}
	if err := api.As(session).Get(t.Context(), "/v1/records/account/"+me.AccountID+"/history", &past); err != nil {
		t.Fatal(err)
	}
	if len(past.Events) != 2 || past.Events[0].Type != "identity.v1.AccountRegistered" || !strings.Contains(past.Events[1].Sentence.Zh, "系统管理员") {
		t.Errorf("told %+v", past)
	}
}

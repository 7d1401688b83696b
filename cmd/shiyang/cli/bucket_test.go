package cli_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"shiyang/eventstore"
	"shiyang/eventstore/storetest"
)

// fillStore makes the data folder of a store that runs alone, with events.
func fillStore(t *testing.T, data string, events int) (head uint64) {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: filepath.Join(data, "journal"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	listener := listenUnix(t)
	go func() { _ = store.Serve(listener) }() // ends with the store
	client := storetest.Dial(t, "unix://"+listener.Addr().String())
	for range events {
		if _, err := client.AppendToStream(t.Context(), "site-1", esdb.AppendToStreamOptions{}, esdb.EventData{
			EventType: "Noted", ContentType: esdb.ContentTypeJson, Data: []byte(`{"note":"示例"}`),
		}); err != nil {
			t.Fatal(err)
		}
	}
	head = store.Head()
	if err := store.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	return head
}

// objects is an object store in this process; url names a place in it.
func objects(t *testing.T) (backend *s3mem.Backend, url string) {
	t.Helper()
	backend = s3mem.New()
	if err := backend.CreateBucket("backups"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "someone")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "very-secret-key")
	return backend, "s3://backups/2026-11-23?style=path&region=cn-test&endpoint=" + server.URL
}

func TestABackupInABucketComesBack(t *testing.T) {
	data, restored := t.TempDir(), filepath.Join(t.TempDir(), "restored")
	head := fillStore(t, data, 50)
	backend, url := objects(t)
	out, err := run(t, "backup", "--data", data, "--to", url)
	if err != nil || !strings.Contains(out, "position 日志位置: 50") || strings.Contains(out, "very-secret-key") {
		t.Fatalf("backup: %s %v", out, err)
	}
	if out, err := run(t, "backup", "--data", data, "--to", url); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second backup at the same place: %s %v", out, err)
	}
	if out, err := run(t, "backup", "verify", url); err != nil || !strings.Contains(out, "whole") {
		t.Errorf("verify: %s %v", out, err)
	}
	if out, err := run(t, "restore", "--from", url, "--data", restored); err != nil || !strings.Contains(out, "position 日志位置: 50, 50 events") {
		t.Fatalf("restore: %s %v", out, err)
	}
	store, err := eventstore.Open(eventstore.Options{Dir: filepath.Join(restored, "journal"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil || store.Head() != head {
		t.Fatalf("the restored store ends at %d, want %d: %v", store.Head(), head, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	mustRefuseDamage(t, backend, url)
}

// mustRefuseDamage turns a bit of each object, and removes each: neither may be
// restored, and nothing may be left.
func mustRefuseDamage(t *testing.T, backend *s3mem.Backend, url string) {
	t.Helper()
	list, err := backend.ListBucket("backups", nil, gofakes3.ListBucketPage{})
	if err != nil || len(list.Contents) < 2 {
		t.Fatalf("%d objects, %v", len(list.Contents), err)
	}
	for _, o := range list.Contents {
		object, err := backend.GetObject("backups", o.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		right, err := io.ReadAll(object.Contents)
		if err != nil {
			t.Fatal(err)
		}
		wrong := bytes.Clone(right)
		wrong[len(wrong)/2] ^= 1
		put := func(content []byte) {
			if _, err := backend.PutObject("backups", o.Key, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
				t.Fatal(err)
			}
		}
		put(wrong)
		refused(t, o.Key+" is changed", url)
		if _, err := backend.DeleteObject("backups", o.Key); err != nil {
			t.Fatal(err)
		}
		refused(t, o.Key+" is missing", url)
		put(right)
	}
}

func refused(t *testing.T, what, url string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "restored")
	if out, err := run(t, "restore", "--from", url, "--data", to); err == nil {
		t.Errorf("%s, and is restored: %s", what, out)
	}
	if left, _ := os.ReadDir(to); len(left) > 0 {
		t.Errorf("%s: %d files are left", what, len(left))
	}
}

func TestABackupThatFailsLeavesNothingInTheBucket(t *testing.T) {
	backend, url := objects(t)
	if out, err := run(t, "backup", "--data", t.TempDir(), "--to", url); err == nil {
		t.Errorf("nothing is backed up: %s", out)
	}
	list, err := backend.ListBucket("backups", nil, gofakes3.ListBucketPage{})
	if err != nil || len(list.Contents) > 0 {
		t.Errorf("%d objects are left, %v", len(list.Contents), err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := run(t, "backup", "verify", url); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") {
		t.Errorf("without a secret: %v", err)
	}
}

func listenUnix(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

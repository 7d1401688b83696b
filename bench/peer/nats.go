package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS is JetStream with one file-backed stream that syncs every message, one
// subject for each of our streams, and the expected last sequence of the
// subject checked.
type NATS struct {
	dir      string
	process  *process
	conn     *nats.Conn
	js       jetstream.JetStream
	subjects atomic.Int64
}

// OpenNATS starts a server that keeps its data in the folder.
func OpenNATS(ctx context.Context, dir string) (n *NATS, err error) {
	p, url, err := serveSelf(ctx, "nats", dir)
	if err != nil {
		return nil, err
	}
	n = &NATS{dir: dir, process: p}
	if n.conn, err = nats.Connect(url); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if n.js, err = jetstream.New(n.conn); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	config := jetstream.StreamConfig{Name: "bench", Subjects: []string{"bench.>"}, Storage: jetstream.FileStorage, Replicas: 1}
	if _, err = n.js.CreateStream(ctx, config); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Name is the name in the tables.
func (n *NATS) Name() string { return "NATS JetStream" }

// Settings name version and durability.
func (n *NATS) Settings() string {
	return "NATS server " + server.VERSION + ", one file-backed stream, SyncAlways, expected last sequence per subject, nats.go " + nats.Version
}

// Process is the process of the server.
func (n *NATS) Process() int { return n.process.pid() }

// Writer returns a writer that publishes one message at a time: JetStream has
// no atomic append of several with an expected sequence for each subject.
func (n *NATS) Writer() Writer {
	var subject string
	appends, last := 0, uint64(0)
	return func(ctx context.Context, events int) error {
		if events != 1 {
			return errors.New("one event for each append")
		}
		if appends%streamAppends == 0 {
			subject, last = fmt.Sprintf("bench.%d", n.subjects.Add(1)), 0
		}
		ack, err := n.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: Payload(appends)}, jetstream.WithExpectLastSequencePerSubject(last))
		if err != nil {
			return err
		}
		appends, last = appends+1, ack.Sequence
		return nil
	}
}

// Close stops the server and removes its data.
func (n *NATS) Close() error {
	if n.conn != nil {
		n.conn.Close()
	}
	return errors.Join(n.process.stop(), os.RemoveAll(n.dir))
}

func serveNATS(dir string) error {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncAlways: true,
	})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return errors.New("the NATS server did not become ready")
	}
	fmt.Printf("%s %s\n", readyWord, s.ClientURL()) // tells the parent
	untilAskedToEnd()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

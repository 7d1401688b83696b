package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"shiyang/bench/machine"
	"shiyang/bench/peer"
)

// Names of the stores, as the peers tell them.
const (
	ours     = "shiyang"
	messages = "PostgreSQL message-db"
	crud     = "PostgreSQL CRUD"
	nats     = "NATS JetStream"
	noDisk   = "no disk"
)

// loads are the loads of one round, those whose ratio is a goal next to each other.
var loads = []load{
	{ours, 1, 1},
	{messages, 1, 1},
	{crud, 1, 1},
	{nats, 1, 1},
	{noDisk, 1, 1},
	{messages, 8, 1},
	{ours, 16, 1},
	{messages, 16, 1},
	{crud, 16, 1},
	{nats, 16, 1},
	{noDisk, 16, 1},
	{messages, 32, 1},
	{ours, 64, 1},
	{messages, 64, 1},
	{crud, 64, 1},
	{nats, 64, 1},
	{noDisk, 64, 1},
	{ours, 64, 10},
	{noDisk, 64, 10},
	{messages, 128, 1},
	{ours, 128, 1},
	{ours, 256, 1},
	{noDisk, 256, 1},
}

// Figures of the bare disk.
const (
	figurePreallocated = "1 KiB and fdatasync into a file that has its size"
	figureGrowing      = "1 KiB and fdatasync at the end of a growing file"
)

// measureDisk measures what the disk can do for a single writer.
func (b *bench) measureDisk(ctx context.Context) error {
	const size = 64 << 20
	for _, d := range []struct {
		what string
		size int
	}{{figurePreallocated, size}, {figureGrowing, 0}} {
		p50, err := b.disk(ctx, d.size)
		if err != nil {
			return err
		}
		b.figure(d.what+", p50", "ms", p50)
	}
	return nil
}

func (b *bench) disk(ctx context.Context, size int) (p50 float64, err error) {
	name := filepath.Join(b.Dir, "disk")
	file, err := os.Create(name) //nolint:gosec // in the run's own folder
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(name)) }()
	if _, err := file.Write(bytes.Repeat([]byte{1}, size)); err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil {
		return 0, err
	}
	var times []float64
	for began, at := time.Now(), 0; time.Since(began) < b.load && ctx.Err() == nil; at += peer.PayloadBytes {
		if size > 0 {
			at %= size
		}
		one := time.Now()
		if _, err := file.WriteAt(peer.Payload(at), int64(at)); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(file.Fd())); err != nil {
			return 0, err
		}
		times = append(times, time.Since(one).Seconds()*1e3)
	}
	return machine.Median(times), ctx.Err()
}

// profileTime is how long a profile takes, also in a smoke test.
const profileTime = 5 * time.Second

// profiled writes a CPU profile of the store under 1 and under 64 writers, if
// the run was asked for profiles.
func (b *bench) profiled(ctx context.Context, e *peer.Embedded) error {
	if b.Profile == "" {
		return nil
	}
	if err := os.MkdirAll(b.Profile, 0o750); err != nil {
		return err
	}
	long := *b
	long.load = profileTime
	for _, n := range []int{1, 64} {
		done := make(chan error, 1)
		go func() {
			done <- e.WriteProfile(ctx, filepath.Join(b.Profile, fmt.Sprintf("store-%d.pprof", n)), profileTime)
		}()
		_, err := long.run(ctx, e, load{ours, n, 1})
		if err := errors.Join(err, <-done); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
	}
	return nil
}

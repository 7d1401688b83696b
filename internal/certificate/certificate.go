// Package certificate serves a TLS certificate from two files and takes up a
// renewed one without a restart: certificates live for weeks, the program for
// months.
//
// The files are looked at when somebody connects, at most every ten seconds.
// A pair that does not fit, such as one of which only the first file was
// replaced yet, is told to the operator and looked at again; until it fits, the
// one before it goes on. The package may import nothing of ours. Start reading
// at [Open].
package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// every is how long the files are not looked at again.
const every = 10 * time.Second

// Options of a pair; the zero value means the defaults.
type Options struct {
	Now    func() time.Time // time.Now by default
	Logger *slog.Logger     // slog.Default() by default
}

// Pair is a certificate and its key, in PEM files. It is safe for concurrent
// use.
type Pair struct {
	cert, key string
	now       func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	known  *tls.Certificate
	files  [2]os.FileInfo // that known was made of
	looked time.Time
}

// Open reads a pair. It fails when the files are no pair.
func Open(cert, key string, o Options) (*Pair, error) {
	p := &Pair{cert: cert, key: key, now: o.Now, log: o.Logger}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	p.looked = p.now()
	if _, err := p.read(); err != nil {
		return nil, err
	}
	return p, nil
}

// Config returns a configuration for servers that hands out the newest pair.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.Get}
}

// Get returns the newest certificate that fits its key; it is a
// [tls.Config.GetCertificate] and never fails.
func (p *Pair) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if since := now.Sub(p.looked); since >= 0 && since < every {
		return p.known, nil
	}
	p.looked = now
	switch renewed, err := p.read(); {
	case err != nil:
		p.log.LogAttrs(context.Background(), slog.LevelWarn, "renewed certificate cannot be used; the one before it goes on", slog.Any("error", err))
	case renewed:
		p.log.LogAttrs(context.Background(), slog.LevelInfo, "renewed certificate", slog.Time("until", p.known.Leaf.NotAfter))
	}
	return p.known, nil
}

// read takes the files up if they are others than before. A pair that was
// refused is tried again, for it may be on its way.
func (p *Pair) read() (renewed bool, err error) {
	var files [2]os.FileInfo
	for i, name := range []string{p.cert, p.key} {
		if files[i], err = os.Stat(name); err != nil {
			return false, fmt.Errorf("certificate: %w", err)
		}
	}
	if p.known != nil && same(files[0], p.files[0]) && same(files[1], p.files[1]) {
		return false, nil
	}
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return false, fmt.Errorf("certificate %s with key %s: %w", p.cert, p.key, err)
	}
	if pair.Leaf == nil {
		return false, errors.New("certificate: there is none in " + p.cert)
	}
	p.known, p.files = &pair, files
	return true, nil
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"shiyang/eventstore"
	"shiyang/internal/backup"
)

// socketName is the socket in the data folder.
const socketName = "control.sock"

// maxSocketPath is what every Unix can take; Linux takes 107 bytes.
const maxSocketPath = 100

// The calls.
const (
	backupPath   = "/backup"
	checkPath    = "/check"
	scavengePath = "/scavenge"
)

// Header fields of a part of a backup.
const (
	nameField = "Name"
	sizeField = "Size" // missing where only reading tells
	lastField = "Last" // on the part that ends a backup
)

// Findings is what a check of the log found.
type Findings struct {
	Events  uint64   `json:"events"`  // that were read and are sound
	Head    uint64   `json:"head"`    // position of the last
	Torn    int64    `json:"torn"`    // bytes of an unfinished write at the end, which does no harm
	Damages []string `json:"damages"` // each in a sentence; none: the log is whole
}

// Keeper is what the process offers behind the door.
type Keeper interface {
	Backup(ctx context.Context, put backup.Put) (backup.Summary, error)
	Check(ctx context.Context, progress func(done, total int64)) (Findings, error)
	// Scavenge takes o.DryRun, o.LeastPercent and o.Progress into account. Its
	// report tells what was done, also when it fails.
	Scavenge(ctx context.Context, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error)
}

// Server answers at the door until it is closed.
type Server struct {
	http   *http.Server
	folder string // to remove; empty if the socket lies in the data folder
	link   string
	ended  chan struct{}
}

// Serve opens the door in a data folder. Only one process may have the folder
// in use: a socket that an earlier one left there is replaced.
func Serve(data string, k Keeper, log *slog.Logger) (*Server, error) {
	s := &Server{http: &http.Server{ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}, ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+backupPath, func(w http.ResponseWriter, r *http.Request) { sendBackup(r.Context(), w, k) })
	mux.HandleFunc("POST "+checkPath, func(w http.ResponseWriter, r *http.Request) { sendCheck(r.Context(), w, k) })
	mux.HandleFunc("POST "+scavengePath, func(w http.ResponseWriter, r *http.Request) { sendScavenge(w, r, k) })
	s.http.Handler = mux
	listener, err := s.listen(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), s.clean())
	}
	go func() {
		defer close(s.ended) // Serve closes the listener
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.LogAttrs(context.Background(), slog.LevelError, "control socket is closed", slog.Any("error", err))
		}
	}()
	return s, nil
}

// listen makes the socket, in the data folder, or, where that path is too long
// for a socket, in a fresh folder of this user's to which a link leads.
func (s *Server) listen(data string) (net.Listener, error) {
	path, err := filepath.Abs(filepath.Join(data, socketName))
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(path) > maxSocketPath {
		if s.folder, err = os.MkdirTemp("", "shiyang-"); err != nil { // mode 0700
			return nil, err
		}
		s.link = path
		path = filepath.Join(s.folder, socketName)
		if err := os.Symlink(path, s.link); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// Close ends what runs at the door, at once: a backup that is cut off is none.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.ended
	return errors.Join(err, s.clean())
}

func (s *Server) clean() error {
	if s.folder == "" {
		return nil
	}
	err := os.Remove(s.link)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// ending is the last part of a backup.
type ending struct {
	Summary backup.Summary `json:"summary"`
	Failure string         `json:"failure,omitempty"`
}

func sendBackup(ctx context.Context, w http.ResponseWriter, k Keeper) {
	out := multipart.NewWriter(w)
	w.Header().Set("Content-Type", "multipart/mixed; boundary="+out.Boundary())
	var end ending
	var err error
	if end.Summary, err = k.Backup(ctx, func(name string, size int64, content io.Reader) error {
		return sendFile(out, name, size, content)
	}); err != nil {
		end.Failure = err.Error()
	}
	part, err := out.CreatePart(textproto.MIMEHeader{lastField: {"yes"}})
	if err == nil {
		err = json.NewEncoder(part).Encode(end)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the caller is gone, and must not take this for an end
	}
}

func sendFile(out *multipart.Writer, name string, size int64, content io.Reader) error {
	header := textproto.MIMEHeader{nameField: {strconv.QuoteToASCII(name)}}
	if size >= 0 {
		header.Set(sizeField, strconv.FormatInt(size, 10))
	}
	part, err := out.CreatePart(header)
	if err == nil {
		_, err = io.Copy(part, content)
	}
	return err
}

// report is one line of the answer to a check or scavenge: how far it is, or its end.
type report struct {
	Done      int64                      `json:"done,omitempty"`
	Total     int64                      `json:"total,omitempty"`
	Findings  *Findings                  `json:"findings,omitempty"`
	Scavenged *eventstore.ScavengeReport `json:"scavenged,omitempty"`
	Failure   string                     `json:"failure,omitempty"`
}

func (r report) ended() bool { return r.Findings != nil || r.Scavenged != nil || r.Failure != "" }

func sendCheck(ctx context.Context, w http.ResponseWriter, k Keeper) {
	sendReports(w, func(progress func(done, total int64)) (report, error) {
		found, err := k.Check(ctx, progress)
		if err != nil {
			return report{}, err
		}
		return report{Findings: &found}, nil
	})
}

// Parameters of a scavenge.
const (
	dryRunField = "dry-run"
	leastField  = "least"
)

func sendScavenge(w http.ResponseWriter, r *http.Request, k Keeper) {
	least, err := strconv.Atoi(r.FormValue(leastField))
	if err != nil {
		http.Error(w, leastField+" is not a number", http.StatusBadRequest)
		return
	}
	o := eventstore.ScavengeOptions{DryRun: r.FormValue(dryRunField) == "true", LeastPercent: least}
	sendReports(w, func(progress func(done, total int64)) (report, error) {
		o.Progress = progress
		done, err := k.Scavenge(r.Context(), o)
		return report{Scavenged: &done}, err
	})
}

// progressEvery is how often work tells how far it is.
const progressEvery = 100 * time.Millisecond

// sendReports answers with what work tells while it goes on, and its end.
func sendReports(w http.ResponseWriter, work func(progress func(done, total int64)) (report, error)) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	var told time.Time
	end, err := work(func(done, total int64) {
		if time.Since(told) < progressEvery {
			return
		}
		told = time.Now()
		// Whoever does not listen any more has ended the work.
		_ = out.Encode(report{Done: done, Total: total})
		_ = flush.Flush()
	})
	if err != nil {
		end.Failure = err.Error()
	}
	if err := out.Encode(end); err != nil {
		panic(http.ErrAbortHandler) // as above
	}
}

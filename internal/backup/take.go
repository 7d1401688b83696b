package backup

import (
	"context"
	"fmt"
	"io"
)

// Put takes one file of a backup: a slash-separated name, its size in bytes
// or -1 where only reading tells, and its content, which it reads to the end.
type Put func(name string, size int64, content io.Reader) error

// Holding 备份项 is one thing beside the log that a backup holds. Its owner
// exports it while it is in use.
type Holding struct {
	Name   string // a plain word: the folder of its files
	Export func(ctx context.Context, put Put) error
}

// Snapshot copies the files of the log as it is at one position, and says
// which. For a log that lies elsewhere it copies nothing.
type Snapshot func(ctx context.Context, put Put) (Log, error)

// Summary is what a finished run of [Take] has handed out.
type Summary struct {
	Log      Log      `json:"log"`
	Holdings []string `json:"holdings"`
}

// Take hands out everything that a backup holds: first the log, at the
// position that counts for the whole backup, then the holdings one after the
// other. It ends with the first failure; what was handed out until then is no
// backup.
func Take(ctx context.Context, log Snapshot, holdings []Holding, put Put) (Summary, error) {
	var done Summary
	at, err := log(ctx, below(LogFolder, put))
	if err != nil {
		return Summary{}, fmt.Errorf("back up the log: %w", err)
	}
	done.Log = at
	if !at.Elsewhere() {
		done.Holdings = append(done.Holdings, LogFolder)
	}
	for _, h := range holdings {
		if err := ctx.Err(); err != nil {
			return Summary{}, fmt.Errorf("back up %s: %w", h.Name, err)
		}
		if err := h.Export(ctx, below(h.Name, put)); err != nil {
			return Summary{}, fmt.Errorf("back up %s: %w", h.Name, err)
		}
		done.Holdings = append(done.Holdings, h.Name)
	}
	return done, nil
}

// below puts the files of a holding into its folder.
func below(folder string, put Put) Put {
	return func(name string, size int64, content io.Reader) error {
		return put(folder+"/"+name, size, content)
	}
}

// Stream puts one file whose content is written, not read: the export of a
// table. What write returns fails the file.
func Stream(put Put, name string, write func(io.Writer) error) error {
	r, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = w.CloseWithError(write(w)) // always nil
	}()
	err := put(name, -1, r)
	// Whoever stopped reading early gets the writer to stop, too.
	_ = r.CloseWithError(context.Canceled) // always nil
	<-written
	return err
}

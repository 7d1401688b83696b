package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"shiyang/internal/es"
)

// place is where a move stands, as it is kept in the progress file.
type place struct {
	Format   int         `json:"format"`
	From     string      `json:"from"`
	To       string      `json:"to"`
	Position es.Position `json:"position"` // of the source: everything up to here is in the target
	First    string      `json:"first"`    // id of the first event, the same in both
	Done     bool        `json:"done"`
}

const placeFormat = 1

// saveEvery is after how many batches the progress is kept: it bounds what a
// run that was cut off repeats.
const saveEvery = 64

// resume reads the progress of an earlier run and makes sure that it speaks of
// these two logs. Without one the target has to be empty.
func (r *run) resume(ctx context.Context) error {
	text, err := os.ReadFile(r.File)
	fresh := errors.Is(err, os.ErrNotExist)
	switch {
	case fresh:
		r.place = place{Format: placeFormat, From: r.FromName, To: r.ToName}
	case err != nil:
		return fmt.Errorf("read progress: %w", err)
	default:
		if err := json.Unmarshal(text, &r.place); err != nil {
			return fmt.Errorf("read progress %s: %w", r.File, err)
		}
		if r.place.Format != placeFormat || r.place.From != r.FromName || r.place.To != r.ToName {
			return fmt.Errorf("%w: %s is of a move from %s to %s", ErrOtherMove, r.File, r.place.From, r.place.To)
		}
	}
	r.report.Resumed = !fresh
	there, err := firstOwn(ctx, r.To)
	if err != nil {
		return fmt.Errorf("look into the target: %w", err)
	}
	if there == "" {
		if r.place.First != "" {
			return fmt.Errorf("%w: the target is empty, but %s says that it is not", ErrOtherMove, r.File)
		}
		return r.save() // before the first write: see save
	}
	if fresh {
		return ErrTargetInUse
	}
	here, err := firstOwn(ctx, r.From)
	if err != nil {
		return fmt.Errorf("look into the source: %w", err)
	}
	if here != there || r.place.First != "" && r.place.First != here {
		return fmt.Errorf("%w: the logs begin with other events", ErrOtherMove)
	}
	return nil
}

// firstOwn returns the id of the first event that is not the store's own,
// empty if there is none.
func firstOwn(ctx context.Context, log Source) (string, error) {
	for e, err := range log.ReadAll(ctx, 0, nil) {
		if err != nil {
			return "", err
		}
		if isOurs(e) {
			return e.ID, nil
		}
	}
	return "", nil
}

// save keeps the progress. It is kept before the target is written to for the
// first time, so that a target with a part of our events is never taken for
// somebody else's.
func (r *run) save() error {
	r.unsaved = 0
	text, err := json.MarshalIndent(r.place, "", "  ")
	if err != nil {
		return err
	}
	temporary := filepath.Clean(r.File + ".part")
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep progress: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("keep progress: %w", err)
	}
	if err := os.Rename(temporary, r.File); err != nil {
		return fmt.Errorf("keep progress: %w", err)
	}
	return nil
}

package bureau

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"shiyang/cmd/shiyang/config"
	"shiyang/gateway/drafts"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/readmodel"
)

// kept is what only the gateway keeps; nil in other parts.
type kept struct {
	secrets *secrets.Store
	drafts  *drafts.Store
}

// openLog opens the event store, ours or another, and the client to it.
func (g *ground) openLog(ctx context.Context) (err error) {
	url := g.config.EventStore
	if url == "" {
		if url, err = g.openEmbedded(); err != nil {
			return err
		}
	}
	if g.client, err = esdbstore.Dial(ctx, esdbstore.Config{URL: url, Logger: g.log, Now: g.now}); err != nil {
		return fmt.Errorf("event store: %w", err)
	}
	g.onClose(func(context.Context) error { return g.client.Close() })
	return nil
}

// keyringFile holds the keys of persons where no PostgreSQL does.
const keyringFile = "keyring.db"

func (g *ground) keyringURL() string { return cmp.Or(g.config.KeyDatabase, g.config.Database) }

// openDesk opens what only the gateway keeps: password hashes and sessions,
// and drafts.
func (g *ground) openDesk(ctx context.Context) (err error) {
	if g.secrets, err = secrets.Open(ctx, g.databaseURL("secrets.db"), secrets.Options{Now: g.now}); err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	g.onClose(func(context.Context) error { return g.secrets.Close() })
	if g.drafts, err = drafts.Open(ctx, g.databaseURL("drafts.db"), g.now); err != nil {
		return err
	}
	g.onClose(func(context.Context) error { return g.drafts.Close() })
	return nil
}

// claimViews makes sure that the views were built from the log at hand. Each
// view and reaction keeps positions, and those of another log, or of this one
// before it was moved, mean nothing here.
func (g *ground) claimViews(ctx context.Context) error {
	head, err := g.client.Head(ctx)
	if err != nil {
		return fmt.Errorf("views: %w", err)
	}
	log, err := logName(ctx, g.client)
	if err != nil {
		return fmt.Errorf("views: %w", err)
	}
	if err := g.views.BelongTo(ctx, log, head); err != nil {
		return fmt.Errorf("views: %w; after a restore or a move of the log this is right: run \"shiyang views forget\" with the same settings, and start again", err)
	}
	return nil
}

// logName names a log by its first event that is ours: which, where and when
// it was stored. A copy of the log elsewhere was stored at another time. An
// empty log has no name.
func logName(ctx context.Context, client *esdbstore.Client) (string, error) {
	for e, err := range client.ReadAll(ctx, 0, nil) {
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(e.Stream, "$") {
			return fmt.Sprintf("%s@%d %s", e.ID, e.Position, e.Created.UTC().Format(time.RFC3339Nano)), nil
		}
	}
	return "", nil
}

// Forget drops all views and the checkpoints of reactions, of every part that
// shares this database; none may run. It returns how many views there were.
func (v *Views) Forget(ctx context.Context) (int, error) {
	names := []string{"all"}
	for _, p := range All {
		names = append(names, string(p))
	}
	return readmodel.Forget(ctx, v.ground.views, names...)
}

// Log is the event log alone, for whoever moves it.
type Log struct {
	*esdbstore.Client
	ground *ground
}

// OpenLog opens the event store that the settings name; the embedded one is
// then closed to everybody else.
func OpenLog(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*Log, error) {
	g := &ground{config: c, log: log, now: now}
	if err := g.openLog(ctx); err != nil {
		return nil, errors.Join(err, g.close(context.WithoutCancel(ctx)))
	}
	return &Log{g.client, g}, nil
}

// Close closes the client, and the store if it is the embedded one.
func (l *Log) Close(ctx context.Context) error { return l.ground.close(ctx) }

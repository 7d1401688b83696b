package bureau

import (
	"context"

	"shiyang/internal/blob"
	"shiyang/internal/law"
	"shiyang/internal/lawbook"
)

// openBucket opens the bucket of everything that is kept by its hash, and the
// library of law data, whose editions lie there.
func (g *ground) openBucket(ctx context.Context) (err error) {
	if g.files, err = blob.OpenFiles(g.config.Path("attachments")); err != nil {
		return err
	}
	g.onClose(func(context.Context) error { return g.files.Close() })
	g.library, err = lawbook.Open(ctx, lawbook.Deps{
		Store: g.store, Source: g.feed, Contents: g.files, Carried: law.Embedded(), Now: g.now, Logger: g.log,
	})
	return err
}

// installLaw loads the law data of this program into the log where it is not
// there yet. The audit part does it, which keeps the lists.
func (b *Bureau) installLaw(ctx context.Context) error {
	if !b.has(Audit) {
		return nil
	}
	return b.ground.library.Install(ctx)
}

package bureau

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"shiyang/cmd/shiyang/config"
	"shiyang/gateway/attachments/references"
	"shiyang/gateway/identity"
	"shiyang/internal/readmodel"
	"shiyang/services/audit"
	"shiyang/services/permits"
)

// Views are the views of a bureau, opened without its services, for the
// operator who builds or checks them.
type Views struct {
	ground *ground
	all    []readmodel.Projection
}

// OpenViews opens the event store and the views. With the embedded store the
// bureau itself must be stopped: one process at a time has the journal open.
func OpenViews(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*Views, error) {
	g, err := openGround(ctx, c, log, now)
	if err != nil {
		return nil, err
	}
	return &Views{g, g.projections()}, nil
}

// projections are those of every part.
func (g *ground) projections() []readmodel.Projection {
	return slices.Concat(permits.Projections(g.library), audit.Projections(), identity.Projections(), []readmodel.Projection{references.Projection})
}

// Named returns the views of these names; none named means all.
func (v *Views) Named(names []string) ([]readmodel.Projection, error) {
	if len(names) == 0 {
		return v.all, nil
	}
	var chosen []readmodel.Projection
	for _, name := range names {
		i := slices.IndexFunc(v.all, func(p readmodel.Projection) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no view %q; the views are %s", name, strings.Join(v.names(), ", "))
		}
		chosen = append(chosen, v.all[i])
	}
	return chosen, nil
}

func (v *Views) names() []string {
	list := make([]string, len(v.all))
	for i, p := range v.all {
		list[i] = p.Name
	}
	return list
}

// Build builds a view's version beside the one in service.
func (v *Views) Build(ctx context.Context, p readmodel.Projection, progress func(readmodel.Progress)) error {
	return readmodel.Build(ctx, v.ground.views, v.ground.client, v.ground.codec, p, progress)
}

// Rebuild throws a view away and builds it again from the log.
func (v *Views) Rebuild(ctx context.Context, p readmodel.Projection, progress func(readmodel.Progress)) error {
	return readmodel.Rebuild(ctx, v.ground.views, v.ground.client, v.ground.codec, p, progress)
}

// Check replays a view from zero and compares it with the live one.
func (v *Views) Check(ctx context.Context, p readmodel.Projection) (readmodel.CheckResult, error) {
	return readmodel.Check(ctx, v.ground.views, v.ground.client, v.ground.codec, p)
}

// Retire drops the tables of a view's older versions once the one in service
// has proved itself against a replay.
func (v *Views) Retire(ctx context.Context, p readmodel.Projection) (readmodel.CheckResult, error) {
	return readmodel.Retire(ctx, v.ground.views, v.ground.client, v.ground.codec, p)
}

// Close closes what OpenViews opened.
func (v *Views) Close(ctx context.Context) error { return v.ground.close(ctx) }

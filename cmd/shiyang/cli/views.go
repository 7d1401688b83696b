package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/internal/readmodel"
)

// errDiffer ends a check that found differences.
var errDiffer = errors.New("a view differs from the replay; rebuild it with: shiyang views rebuild NAME")

func (p *program) viewsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "views", Short: "Build, rebuild and check the views"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "Name the views", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return p.withViews(cmd.Context(), nil, func(_ context.Context, _ *bureau.Views, view readmodel.Projection) error {
					_, err := fmt.Fprintf(p.out, "%s version %d\n", view.Name, view.Version)
					return err
				})
			},
		},
		&cobra.Command{
			Use: "build [NAME…]", Short: "Build new versions beside the old, before the new program starts",
			RunE: func(cmd *cobra.Command, args []string) error {
				return p.withViews(cmd.Context(), args, func(ctx context.Context, v *bureau.Views, view readmodel.Projection) error {
					return v.Build(ctx, view, p.progress(view))
				})
			},
		},
		&cobra.Command{
			Use: "rebuild NAME…", Short: "Throw views away and build them again from the log", Args: cobra.MinimumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return p.withViews(cmd.Context(), args, func(ctx context.Context, v *bureau.Views, view readmodel.Projection) error {
					return v.Rebuild(ctx, view, p.progress(view))
				})
			},
		},
		&cobra.Command{
			Use: "retire [NAME…]", Short: "Drop older versions of views whose new version equals a replay",
			RunE: func(cmd *cobra.Command, args []string) error {
				return p.withViews(cmd.Context(), args, func(ctx context.Context, v *bureau.Views, view readmodel.Projection) error {
					result, err := v.Retire(ctx, view)
					if err == nil {
						fmt.Fprintf(p.out, "%s: version %d equals the log, %d rows; no older version is left\n", view.Name, view.Version, result.Rows)
					}
					return err
				})
			},
		},
		&cobra.Command{
			Use: "forget", Short: "Drop all views and where reactions stand, after the log was moved or restored", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.forgetViews(cmd.Context()) },
		},
		&cobra.Command{
			Use: "check [NAME…]", Short: "Replay from zero and compare with the live views",
			RunE: func(cmd *cobra.Command, args []string) error {
				equal := true
				err := p.withViews(cmd.Context(), args, func(ctx context.Context, v *bureau.Views, view readmodel.Projection) error {
					same, err := p.checkView(ctx, v, view)
					equal = equal && same
					return err
				})
				if err == nil && !equal {
					err = errDiffer
				}
				return err
			},
		},
	)
	return cmd
}

// forgetViews drops what was built from another log; the next start builds it
// from the log at hand.
func (p *program) forgetViews(ctx context.Context) error {
	v, err := bureau.OpenViews(ctx, p.config, p.logger(), p.config.Now())
	if err != nil {
		return err
	}
	dropped, err := v.Forget(ctx)
	if err == nil {
		fmt.Fprintf(p.out, "%d views are forgotten; the next start builds them from the log\n", dropped)
	}
	return errors.Join(err, v.Close(context.WithoutCancel(ctx)))
}

// withViews opens store and views without a portal and visits the named views
// (none named: all).
func (p *program) withViews(ctx context.Context, names []string, visit func(context.Context, *bureau.Views, readmodel.Projection) error) error {
	v, err := bureau.OpenViews(ctx, p.config, p.logger(), p.config.Now())
	if err != nil {
		return err
	}
	chosen, err := v.Named(names)
	for _, view := range chosen {
		if err == nil {
			err = visit(ctx, v, view)
		}
	}
	return errors.Join(err, v.Close(context.WithoutCancel(ctx)))
}

func (p *program) progress(view readmodel.Projection) func(readmodel.Progress) {
	return func(at readmodel.Progress) {
		fmt.Fprintf(p.err, "\r%s: %d events, position %d of %d ", view.Name, at.Events, at.Position, at.Head)
	}
}

func (p *program) checkView(ctx context.Context, v *bureau.Views, view readmodel.Projection) (bool, error) {
	result, err := v.Check(ctx, view)
	if err != nil {
		return false, err
	}
	word := "equal"
	if !result.OK() {
		word = "DIFFERENT"
	}
	fmt.Fprintf(p.out, "%s: %s at position %d, %d rows, %d events replayed\n", view.Name, word, result.Position, result.Rows, result.ReplayedEvents)
	for _, d := range result.Differences {
		fmt.Fprintf(p.out, "  %s %s %s: %q, the log gives %q\n", d.Table, d.Key, d.Column, d.Live, d.Replay)
	}
	return result.OK(), nil
}

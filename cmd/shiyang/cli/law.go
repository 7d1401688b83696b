package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/config"
)

// lawDesk is what the commands of law data share: where and as whom they call.
type lawDesk struct {
	program *program
	url     string
	login   string
}

func (p *program) lawCommand() *cobra.Command {
	d := &lawDesk{program: p}
	cmd := &cobra.Command{
		Use: "law", Short: "Load and list the editions of law data",
		Long: "Calendars, periods, lists and penalties are editions of data. A later edition is loaded through\n" +
			"the API, without a new program, by the head of the bureau or the system administrator.\n" +
			"The password comes from the variable SHIYANG_PASSWORD.",
	}
	cmd.PersistentFlags().StringVar(&d.url, "url", "", "address of the API; this machine's portal by default")
	cmd.PersistentFlags().StringVar(&d.login, "login", "", "sign-in name of whoever loads or looks")
	// The flag exists: it was made one line above.
	_ = cmd.MarkPersistentFlagRequired("login")
	cmd.AddCommand(d.loadCommand(), d.listCommand())
	return cmd
}

// offer is an edition as the command line names it.
type offer struct {
	list, file                         string
	edition, from, to, state, citation string
	dryRun                             bool
}

func (d *lawDesk) loadCommand() *cobra.Command {
	var o offer
	cmd := &cobra.Command{
		Use: "load LIST [FILE]", Short: "Load an edition of a list and report which open deadlines it moves",
		Long: "The file is CSV or YAML as docs/rules/law-data.md describes it; an edition that is in force but\n" +
			"not at hand (--state missing) has none.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.list = args[0]
			if len(args) == 2 {
				o.file = args[1]
			}
			return d.load(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.edition, "edition", "", "the edition's name, for example 2027")
	cmd.Flags().StringVar(&o.from, "valid-from", "", "first day it is valid for, for example 2027-01-01")
	cmd.Flags().StringVar(&o.to, "valid-to", "", "last day; open if empty")
	cmd.Flags().StringVar(&o.state, "state", "complete", "complete, or missing for an edition that is in force but not at hand")
	cmd.Flags().StringVar(&o.citation, "source", "", "where it was read; the file's name if empty")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check and report, load nothing")
	for _, name := range []string{"edition", "valid-from"} {
		// The flags exist: they were made above.
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// reading is one side of a change.
type reading struct {
	Due, OverdueAfter struct{ Iso string }
	Provisional       bool
	Suspended         bool
}

func (r reading) String() string {
	text := r.Due.Iso
	switch {
	case r.Suspended:
		return "standing still"
	case r.Due.Iso == "":
		return "no day"
	case r.OverdueAfter.Iso != r.Due.Iso: // two readings of the unit
		text += " or " + r.OverdueAfter.Iso
	}
	if r.Provisional {
		text += " (provisional)"
	}
	return text
}

func (d *lawDesk) load(ctx context.Context, o offer) error {
	body := map[string]any{
		"list": o.list, "edition": o.edition, "validFrom": map[string]string{"iso": o.from}, "state": o.state,
		"source": o.citation, "dryRun": o.dryRun,
	}
	if o.to != "" {
		body["validTo"] = map[string]string{"iso": o.to}
	}
	if o.file != "" {
		content, err := os.ReadFile(o.file)
		if err != nil {
			return err
		}
		body["content"] = content
	}
	if o.citation == "" {
		body["source"] = filepath.Base(o.file)
	}
	client, err := d.signIn(ctx)
	if err != nil {
		return err
	}
	var answer struct {
		LawVersion, Checked, Changed, WasteDifferences string
		Faults                                         []string
		Receipt                                        struct{ Position string }
		Changes                                        []struct {
			Category, ID, Rule string
			Before, After      reading
		}
	}
	if err := client.Send(ctx, "/v1/law-editions", "", body, &answer); err != nil {
		return err
	}
	did := "loaded at position " + answer.Receipt.Position
	if o.dryRun {
		did = "checked, nothing loaded"
	}
	out := d.program.out
	fmt.Fprintf(out, "%s %s: %s; law data %s\n", o.list, o.edition, did, answer.LawVersion)
	fmt.Fprintf(out, "%s open records looked at; deadlines that move: %s\n", orZero(answer.Checked), orZero(answer.Changed))
	for _, c := range answer.Changes {
		fmt.Fprintf(out, "%s %s: %s %s → %s\n", c.Category, c.ID, c.Rule, c.Before, c.After)
	}
	if answer.WasteDifferences != "" {
		fmt.Fprintf(out, "waste codes that differ: %s\n", answer.WasteDifferences)
	}
	for _, f := range answer.Faults {
		fmt.Fprintf(out, "doubt: %s\n", f)
	}
	return nil
}

// orZero is a count of an answer: JSON leaves zero out.
func orZero(count string) string {
	if count == "" {
		return "0"
	}
	return count
}

func (d *lawDesk) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list [LIST]", Short: "List the editions of law data in use", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.list(cmd.Context(), strings.Join(args, ""))
		},
	}
}

func (d *lawDesk) list(ctx context.Context, list string) error {
	client, err := d.signIn(ctx)
	if err != nil {
		return err
	}
	var answer struct {
		LawVersion string
		Editions   []struct {
			List, Edition, State, Source, Position string
			ValidFrom, ValidTo                     struct{ Iso string }
		}
	}
	if err := client.Get(ctx, "/v1/law-editions?list="+url.QueryEscape(list), &answer); err != nil {
		return err
	}
	fmt.Fprintf(d.program.out, "law data %s\n", answer.LawVersion)
	for _, e := range answer.Editions {
		fmt.Fprintf(d.program.out, "%-22s %-12s %s to %-10s %-8s %s\n", e.List, e.Edition, e.ValidFrom.Iso, orOpen(e.ValidTo.Iso), e.State, e.Source)
	}
	return nil
}

func orOpen(day string) string {
	if day == "" {
		return "open"
	}
	return day
}

// signIn opens a session as whoever the command line names.
func (d *lawDesk) signIn(ctx context.Context) (*apiclient.Client, error) {
	password := os.Getenv(config.Prefix + "PASSWORD")
	if password == "" {
		return nil, fmt.Errorf("the password of %s is missing: set %sPASSWORD", d.login, config.Prefix)
	}
	if d.url == "" {
		d.url = "http://" + d.program.config.Listen
	}
	client := apiclient.New(d.url)
	client.Name = "law"
	session, err := client.SignIn(ctx, d.login, password, "")
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return client.As(session), nil
}

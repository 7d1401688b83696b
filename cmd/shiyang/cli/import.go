package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/config"
	"shiyang/cmd/shiyang/importer"
)

// errRefused ends an import of which some lines were not taken.
var errRefused = errors.New("some lines were refused; correct them and import the file again, the others are not entered twice")

func (p *program) importCommand() *cobra.Command {
	var url, login, report string
	var tables []string
	for _, t := range importer.Tables() {
		tables = append(tables, fmt.Sprintf("  %-11s %s\n              columns: %s", t.Name, t.Help, strings.Join(t.Columns, ", ")))
	}
	cmd := &cobra.Command{
		Use:   "import TABLE FILE",
		Short: "Bring a table of the bureau's own data in through the API",
		Long: "FILE is CSV (UTF-8) or the first sheet of an XLSX workbook. Every line becomes one command; a line keeps its command id, so an import\n" +
			"that was cut off is simply run again. The password comes from the variable SHIYANG_PASSWORD.\n\nTables:\n" + strings.Join(tables, "\n"),
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url == "" {
				url = "http://" + p.config.Listen
			}
			return p.importFile(cmd.Context(), url, login, args[0], args[1], report)
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "address of the API; this machine's portal by default")
	cmd.Flags().StringVar(&login, "login", "", "sign-in name of whoever enters the data")
	cmd.Flags().StringVar(&report, "report", "", "CSV file for the refused lines")
	// The flag exists: it was made two lines above.
	_ = cmd.MarkFlagRequired("login")
	return cmd
}

func (p *program) importFile(ctx context.Context, url, login, name, file, report string) error {
	table, err := tableNamed(name)
	if err != nil {
		return err
	}
	password := os.Getenv(config.Prefix + "PASSWORD")
	if password == "" {
		return fmt.Errorf("the password of %s is missing: set %sPASSWORD", login, config.Prefix)
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	text, err := importer.Open(content)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	rows, refused, err := table.Read(text)
	if err != nil {
		return err
	}
	client := apiclient.New(url)
	client.Name = "import"
	session, err := client.SignIn(ctx, login, password, "")
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	bar := progressbar.NewOptions(len(rows), progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription(table.Name), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	result, err := table.Send(ctx, client.As(session), rows, func() {
		// A bar that cannot be drawn must not stop an import.
		_ = bar.Add(1)
	})
	result.Refused = append(refused, result.Refused...)
	fmt.Fprintf(p.out, "%s: %d lines, %d entered, %d entered before, %d refused\n", table.Name, result.Lines, result.Taken, result.Repeated, refusedLines(result.Refused))
	for _, r := range result.Refused {
		fmt.Fprintf(p.out, "line %d: %s = %q: %s\n", r.Line, r.Path, r.Value, r.Message)
	}
	if report != "" {
		err = errors.Join(err, writeReport(report, result.Refused))
	}
	if err == nil && len(result.Refused) > 0 {
		err = errRefused
	}
	return err
}

func tableNamed(name string) (importer.Table, error) {
	var names []string
	for _, t := range importer.Tables() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return importer.Table{}, fmt.Errorf("there is no table %q; the tables are %s", name, strings.Join(names, ", "))
}

func refusedLines(list []importer.Refused) int {
	lines := map[int]bool{}
	for _, r := range list {
		lines[r.Line] = true
	}
	return len(lines)
}

func writeReport(name string, list []importer.Refused) error {
	file, err := os.Create(name) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	w := csv.NewWriter(file)
	err = w.Write([]string{"line", "path", "value", "message"})
	for _, r := range list {
		err = errors.Join(err, w.Write([]string{strconv.Itoa(r.Line), r.Path, r.Value, r.Message}))
	}
	w.Flush()
	return errors.Join(err, w.Error(), file.Close())
}

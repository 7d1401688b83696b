package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/config"
)

// maxFrameBytes is what one request of frames may hold.
const maxFrameBytes = 700 << 10

func (p *program) framesCommand() *cobra.Command {
	var url, login string
	cmd := &cobra.Command{
		Use:   "frames FILE",
		Short: "Bring frames of meters in: HJ 212-2017, one a line",
		Long: "FILE goes the way of the wire: the same checks, and what came before changes nothing. Every line that became no data is told.\n" +
			"The password of who imports comes from the variable SHIYANG_PASSWORD.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if url == "" {
				url = "http://" + p.config.Listen
			}
			return p.importFrames(cmd.Context(), url, login, args[0])
		},
	}
	cmd.Flags().StringVar(&url, "url", "", "address of the API; this machine's portal by default")
	cmd.Flags().StringVar(&login, "login", "", "sign-in name of whoever enters the data")
	// The flag exists: it was made two lines above.
	_ = cmd.MarkFlagRequired("login")
	return cmd
}

// framesTaken is the answer of one request of frames.
type framesTaken struct {
	Stored, Repeated, Refused int
	Lines                     []struct {
		Line   int
		Mn     string
		Reason struct{ Zh, En string }
	}
}

func (p *program) importFrames(ctx context.Context, url, login, file string) error {
	password := os.Getenv(config.Prefix + "PASSWORD")
	if password == "" {
		return fmt.Errorf("the password of %s is missing: set %sPASSWORD", login, config.Prefix)
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	client := apiclient.New(url)
	client.Name = "import"
	session, err := client.SignIn(ctx, login, password, "")
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	client = client.As(session)
	var all framesTaken
	for before := 0; len(content) > 0; {
		part := content[:wholeLines(content)]
		content = content[len(part):]
		var taken framesTaken
		if err := client.Send(ctx, "/v1/meter-frames:import", "", map[string]any{"content": part}, &taken); err != nil {
			return fmt.Errorf("frames from line %d: %w", before+1, err)
		}
		for _, l := range taken.Lines {
			fmt.Fprintf(p.out, "line %d: %s: %s %s\n", before+l.Line, l.Mn, l.Reason.Zh, l.Reason.En)
		}
		all.Stored, all.Repeated, all.Refused = all.Stored+taken.Stored, all.Repeated+taken.Repeated, all.Refused+taken.Refused
		before += bytes.Count(part, []byte{'\n'})
	}
	fmt.Fprintf(p.out, "frames: %d stored, %d stored before, %d refused\n", all.Stored, all.Repeated, all.Refused)
	if all.Refused > 0 {
		return errRefused
	}
	return nil
}

// wholeLines is how much of a file fits into one request and ends with a line.
func wholeLines(content []byte) int {
	if len(content) <= maxFrameBytes {
		return len(content)
	}
	if at := bytes.LastIndexByte(content[:maxFrameBytes], '\n'); at >= 0 {
		return at + 1
	}
	return maxFrameBytes
}

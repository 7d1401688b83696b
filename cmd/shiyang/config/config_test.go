package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"shiyang/cmd/shiyang/config"
)

func load(t *testing.T, args, environ []string, file string) (config.Config, error) {
	t.Helper()
	c := config.Default()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	c.Bind(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return c, c.Load(flags, environ, file)
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shiyang.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestDefaultsRunOnALaptop(t *testing.T) {
	if _, err := load(t, nil, nil, ""); err != nil {
		t.Error(err)
	}
}

func TestFlagBeatsEnvironmentBeatsFile(t *testing.T) {
	file := writeFile(t, "listen: 127.0.0.1:1\ntick: 5s\npermit_mark: Q\ndemo: false\n")
	c, err := load(t, []string{"--listen", "127.0.0.1:3"}, []string{"SHIYANG_LISTEN=127.0.0.1:2", "SHIYANG_TICK=7s"}, file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:3" || c.Tick != 7*time.Second || c.PermitMark != "Q" || c.Demo {
		t.Errorf("got %+v", c)
	}
}

func TestMistakesNameTheKey(t *testing.T) {
	for name, tc := range map[string]struct {
		args, environ []string
		file          string
		want          []string
	}{
		"plain listen beyond loopback": {args: []string{"--listen", "0.0.0.0:8080"}, want: []string{"listen", "0.0.0.0:8080", "tls_cert", "behind_proxy"}},
		"profiles beyond loopback":     {args: []string{"--admin", "0.0.0.0:9090"}, want: []string{"admin"}},
		"half of a key pair":           {args: []string{"--tls-cert", "a.pem"}, want: []string{"tls_cert", "tls_key"}},
		"unknown key in the file":      {file: "lisen: 127.0.0.1:1\n", want: []string{"lisen", "config"}},
		"unknown variable":             {environ: []string{"SHIYANG_LISEN=1"}, want: []string{"SHIYANG_LISEN"}},
		"variable of the wrong type":   {environ: []string{"SHIYANG_TICK=soon"}, want: []string{"SHIYANG_TICK", "soon"}},
		"wrong store, secret hidden":   {args: []string{"--event-store", "http://u:secret@h"}, want: []string{"event_store", "redacted"}},
		"fewer than none":              {args: []string{"--registrations", "-1"}, want: []string{"registrations", "-1"}},
		"two at once":                  {args: []string{"--log-level", "loud", "--permit-mark", "pp"}, want: []string{"log_level", "permit_mark"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := ""
			if tc.file != "" {
				file = writeFile(t, tc.file)
			}
			_, err := load(t, tc.args, tc.environ, file)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret@") {
				t.Error("a secret is shown")
			}
		})
	}
}

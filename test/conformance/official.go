package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// officialModule is the client whose own tests are run. Its files stay in the
// module cache; a temporary copy is built with one file replaced.
const officialModule = "github.com/EventStore/EventStore-Client-Go/v4"

//go:embed official/containers_test.go.txt
var containers []byte

// What of the official suite does not apply.
var (
	projections = exclusion{
		"TestProjections", 8,
		"JavaScript projections inside the server are not offered; the program keeps its own views",
	}
	userCertificates = exclusion{
		"TestPlugins/AuthenticationTests: ValidClientCertificatesTlsRelativePath, ValidClientCertificatesTlsWithAbsolutePath, InvalidUserCertificates", 3,
		"they need the vendor's commercial plugin for user certificates",
	}
	cluster = exclusion{
		"ClusterTests/notLeaderExceptionButWorkAfterRetry, ClientCertificatesClusterNodesTests (4)", 5,
		"they need three servers of the vendor",
	}
	ownCertificates = exclusion{
		"TLSTests", 8,
		"they need the certificate of the server that is asked",
	}
	populated = exclusion{
		"TestExpectations", 5,
		"they need the vendor's data set in the server that is asked, as do those that skip themselves",
	}
)

// buildOfficial copies the module and builds its tests with an overlay.
func (w *workshop) buildOfficial(ctx context.Context) error {
	dir, err := command(ctx, w.root, nil, "go", "list", "-m", "-f", "{{.Dir}}", officialModule)
	if err != nil {
		return err
	}
	if err := copyModule(filepath.Join(w.dir, "official"), strings.TrimSpace(dir)); err != nil {
		return err
	}
	module := filepath.Join(w.dir, "official")
	if err := os.CopyFS(filepath.Join(module, "certs"), os.DirFS(filepath.Join(w.dir, "certs"))); err != nil {
		return err
	}
	ours := filepath.Join(w.dir, "containers_test.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(module, "esdb", "containers_test.go"): ours,
	}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(ours, containers, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.dir, "overlay.json"), overlay, 0o600); err != nil {
		return err
	}
	w.dataset = filepath.Join(w.dir, "dataset")
	if _, err := command(ctx, w.root, nil, "go", "build", "-o", w.dataset, "./test/conformance/dataset"); err != nil {
		return err
	}
	_, err = command(ctx, module, nil, "go", "test", "-c", "-overlay", filepath.Join(w.dir, "overlay.json"),
		"-o", filepath.Join(w.dir, "official.test"), "./esdb")
	return err
}

// copyModule copies a module whose files may only be read.
func copyModule(to, from string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the module cache
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o600) //nolint:gosec // a name of the module cache
	})
}

// runOfficial runs the suite, against servers of its own or against s when s
// was named by the caller.
func (w *workshop) runOfficial(ctx context.Context, s *server) (o outcome) {
	env := append(w.settings(s.secure), "EVENTSTORE_INSECURE="+strconv.FormatBool(!s.secure))
	o.excluded = []exclusion{projections, userCertificates, cluster}
	if s.foreign {
		env = append(env, "CONFORMANCE_ENDPOINT="+host(s.url))
		o.excluded = append(o.excluded, populated)
		if s.secure {
			o.excluded = append(o.excluded, ownCertificates)
		}
	} else {
		env = append(env, "CONFORMANCE_EMPTY="+asJSON(w.program, "serve", "eventstore"))
		env = append(env, "CONFORMANCE_POPULATED="+asJSON(w.datasetCommand(s.secure)...))
	}
	args := []string{"-test.v", "-test.timeout=5m", "-test.skip=^TestProjections$|^TestPlugins$/AuthenticationTests/(Valid|InvalidUser)"}
	if s.secure {
		args = append(args, "-test.run=^(TestStreams|TestPersistentSubscriptions)$")
	}
	if s.foreign {
		args[2] += "|^TestExpectations$|^TestStreams$/^TLSTests$"
	}
	o.output, o.err = command(ctx, filepath.Join(w.dir, "official", "esdb"), env, filepath.Join(w.dir, "official.test"), args...)
	o.tests = goTests(o.output)
	return o
}

// datasetCommand serves what stands in for the vendor's data set.
func (w *workshop) datasetCommand(secure bool) []string {
	words := []string{w.dataset, filepath.Join(w.dir, "official", "resources", "test")}
	if secure {
		words = append(words, w.certificates.node, w.certificates.key)
	}
	return words
}

func asJSON(words ...string) string {
	text, _ := json.Marshal(words) // strings always encode
	return string(text)
}

// host is the host:port of a connection string.
func host(connection string) string {
	u, err := url.Parse(connection)
	if err != nil {
		return ""
	}
	return u.Host
}

package k8s_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"shiyang/tools/k8s"
)

func containerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestContainerfile(t *testing.T) {
	for _, finding := range k8s.CheckContainerfile(containerfile(t)) {
		t.Error(finding)
	}
}

func TestContainerfileRulesCanFail(t *testing.T) {
	good := containerfile(t)
	for name, change := range map[string][2]string{
		"shell in the image":  {"FROM scratch", "FROM debian:12"},
		"moving base":         {"FROM ${GO_IMAGE} AS build", "FROM golang AS build"},
		"root":                {"USER 65532:65532", "USER 0"},
		"name of a user":      {"USER 65532:65532", "USER nonroot"},
		"from an address":     {"COPY go.mod", "ADD https://example.org/go.mod"},
		"runs at the end":     {"USER 65532:65532", "RUN chown -R 65532 /data\nUSER 65532:65532"},
		"shell form":          {`ENTRYPOINT ["/shiyang"]`, "ENTRYPOINT /shiyang"},
		"needs a C library":   {"CGO_ENABLED=0", "CGO_ENABLED=1"},
		"paths in the binary": {"-trimpath ", ""},
		"no certificates":     {"COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatalf("nothing to change: %q is not in the file", change[0])
			}
			if len(k8s.CheckContainerfile(bad)) == 0 {
				t.Error("accepted")
			}
		})
	}
}

// What the binary is made of must be copied into the build, and nothing else
// of the tree: an image must not hold a data folder that lay about.
func TestContainerfileCopiesTheSource(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./cmd/shiyang/...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]bool{}
	for pkg := range strings.FieldsSeq(string(out)) {
		if path, ours := strings.CutPrefix(pkg, "shiyang/"); ours {
			top, _, _ := strings.Cut(path, "/")
			needed[top] = true
		}
	}
	copied := map[string]bool{}
	for _, stage := range k8s.ParseContainerfile(containerfile(t)) {
		for _, l := range stage.Lines {
			from, to, _ := strings.Cut(l.Rest, " ")
			if l.Instruction == "COPY" && from == to {
				copied[from] = true
			}
		}
	}
	for top := range needed {
		if !copied[top] {
			t.Errorf("the build needs %s/: add COPY %s %s", top, top, top)
		}
	}
	for top := range copied {
		if !needed[top] {
			t.Errorf("COPY %s: the binary does not need it", top)
		}
	}
}

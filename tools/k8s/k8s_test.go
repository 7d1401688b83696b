package k8s_test

import (
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"shiyang/tools/k8s"
)

const overlays = "../../deploy/k8s/overlays"

// Every overlay keeps every rule.
func TestOverlays(t *testing.T) {
	folders, err := filepath.Glob(overlays + "/*/kustomization.yaml")
	if err != nil || len(folders) < 2 {
		t.Fatalf("overlays %v, %v", folders, err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			set, err := k8s.Render(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(set.Workloads) == 0 {
				t.Fatal("nothing runs")
			}
			for _, rule := range k8s.Rules {
				t.Run(rule.Name, func(t *testing.T) {
					for _, finding := range rule.Check(set) {
						t.Errorf("%s\n  → %s", finding, rule.Remedy)
					}
				})
			}
		})
	}
}

// A manifest that breaks every rule: a rule that finds nothing in it would
// pass by looking at nothing.
func TestEveryRuleCanFail(t *testing.T) {
	text, err := os.ReadFile("testdata/bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := k8s.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range k8s.Rules {
		t.Run(rule.Name, func(t *testing.T) {
			found := rule.Check(set)
			if len(found) == 0 {
				t.Error("the rule does not see the fault in testdata/bad.yaml")
			}
			for _, finding := range found {
				t.Log(finding)
			}
		})
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"unknown field": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selektor: {a: b}}\n",
		"unknown kind":  "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
		"duplicate key": "apiVersion: v1\nkind: Service\nmetadata: {name: a, name: b}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := k8s.Decode([]byte(text)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// The whole list of who may call whom in the cluster overlay.
func TestCallsOfTheCluster(t *testing.T) {
	set, err := k8s.Render(overlays + "/cluster")
	if err != nil {
		t.Fatal(err)
	}
	want := map[k8s.Call]bool{
		{From: "gateway", To: "permits", Port: "internal"}: true,
		{From: "gateway", To: "audit", Port: "internal"}:   true,
		{From: "audit", To: "permits", Port: "internal"}:   true,
		{From: "audit", To: "gateway", Port: "internal"}:   true,
	}
	if sent, received := set.Calls(); !maps.Equal(sent, want) || !maps.Equal(received, want) {
		t.Errorf("sent %v, received %v", sent, received)
	}
}

// The example Ingress fits the cluster overlay that it is copied into.
func TestExampleIngress(t *testing.T) {
	overlay, err := k8s.Render(overlays + "/cluster")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../deploy/k8s/examples/ingress.yaml")
	if err != nil {
		t.Fatal(err)
	}
	example, err := k8s.Decode(text)
	if err != nil || len(example.Ingresses) != 1 {
		t.Fatalf("%d ingresses, %v", len(example.Ingresses), err)
	}
	overlay.Ingresses = example.Ingresses
	for _, rule := range k8s.Rules {
		for _, finding := range rule.Check(overlay) {
			t.Errorf("%s: %s", rule.Name, finding)
		}
	}
}

// The jobs that make the first administrator keep the rules of pods.
func TestExampleJobs(t *testing.T) {
	files, err := filepath.Glob("../../deploy/k8s/examples/init-*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	ofPods := []string{
		"every object lives in the namespace", "every object is labelled", "no secret is written down", "service links are off",
		"pods run restricted", "nothing of the host is used", "the root file system is read-only", "mounted keys are closed",
		"images are fixed", "resources are bounded", "the runtime knows its memory", "settings exist and hold together",
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set, err := k8s.Decode(text)
			if err != nil || len(set.Jobs) != 1 {
				t.Fatalf("%d jobs, %v", len(set.Jobs), err)
			}
			set.Workloads = set.Jobs
			checked := 0
			for _, rule := range k8s.Rules {
				if !slices.Contains(ofPods, rule.Name) {
					continue
				}
				checked++
				for _, finding := range rule.Check(set) {
					t.Errorf("%s: %s", rule.Name, finding)
				}
			}
			if checked != len(ofPods) {
				t.Errorf("%d of %d rules found", checked, len(ofPods))
			}
		})
	}
}

// The example Secrets have the names and files that the manifests mount, and
// hold no real value.
func TestExampleSecrets(t *testing.T) {
	text, err := os.ReadFile("../../deploy/k8s/examples/external-secrets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var x struct {
			Kind string
			Spec struct {
				Target struct{ Name string }
				Data   []struct{ SecretKey string }
			}
		}
		if err := yaml.Unmarshal([]byte(document), &x); err != nil {
			t.Fatal(err)
		}
		for _, d := range x.Spec.Data {
			files[x.Spec.Target.Name] += d.SecretKey + " "
		}
	}
	want := map[string]string{
		"shiyang-permits-connections": "shiyang.yaml ca.crt ", "shiyang-audit-connections": "shiyang.yaml ca.crt ",
		"shiyang-gateway-connections": "shiyang.yaml ca.crt ", "shiyang-master-key": "master.key ",
		"shiyang-token-private": "token.pem ", "shiyang-token-public": "token.pem ",
	}
	if !maps.Equal(files, want) {
		t.Errorf("got %v, want %v", files, want)
	}
	for field := range strings.FieldsSeq(string(text)) {
		if key, err := base64.StdEncoding.DecodeString(field); err == nil && len(key) >= 32 {
			t.Errorf("%s looks like a key", field)
		}
	}
}

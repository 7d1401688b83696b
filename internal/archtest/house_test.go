package archtest_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxLines = 400 // of one hand-written file
	maxFiles = 15  // hand-written, not tests, of one package
)

// sourceFiles yields the hand-written files of the tree.
func sourceFiles(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case ".git", "third_party", "node_modules", "testdata", "shiyang-data", "bin":
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".templ", ".css", ".js", ".sh":
		default:
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if generated(path, content) {
			return nil
		}
		visit(filepath.ToSlash(strings.TrimPrefix(path, "../../")), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func generated(path string, content []byte) bool {
	head, _, _ := bytes.Cut(content, []byte("\npackage "))
	return strings.HasSuffix(path, "_templ.go") || bytes.Contains(head, []byte("DO NOT EDIT"))
}

// A file that does not fit on a few screens hides what it does.
func TestFilesAreShort(t *testing.T) {
	perPackage := map[string]int{}
	sourceFiles(t, func(path string, content []byte) {
		if n := bytes.Count(content, []byte("\n")); n > maxLines && filepath.Ext(path) != ".css" {
			t.Errorf("%s has %d lines; split it by what it does (limit %d)", path, n, maxLines)
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			perPackage[filepath.Dir(path)]++
		}
	})
	for dir, n := range perPackage {
		if n > maxFiles {
			t.Errorf("%s has %d files; find the second noun in it (limit %d)", dir, n, maxFiles)
		}
	}
}

// A person who uses the system must never meet an unfinished mark.
func TestNoUnfinishedMarks(t *testing.T) {
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"}
	sourceFiles(t, func(path string, content []byte) {
		for _, mark := range marks {
			if bytes.Contains(content, []byte(mark)) {
				t.Errorf("%s contains %s: finish it or leave it out", path, mark)
			}
		}
	})
}

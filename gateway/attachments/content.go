package attachments

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"shiyang/internal/problem"
)

// kinds are what a file may be, and whether it holds personal data.
var kinds = map[string]bool{
	"licence": false, "mandate": true, "identity": true, "eia-approval": false,
	"monitoring-plan": false, "eia-document": false, "promise": false, "drawing": false, "evidence": false, "other": false,
}

// extensions are the file endings that each allowed type may have. What is
// not here is not taken: scripts, programs and web pages above all.
var extensions = map[string][]string{
	"application/pdf": {".pdf"},
	"image/jpeg":      {".jpg", ".jpeg"},
	"image/png":       {".png"},
	"application/zip": {".docx", ".xlsx"},
	"text/plain":      {".txt", ".csv"},
}

func personal(kind string) bool { return kinds[kind] }

// inspect finds the media type by looking at the content and refuses what is
// empty, too large, of an unknown kind or not what its name says.
func inspect(title, kind string, content []byte) (string, error) {
	var found problem.Fields
	if _, ok := kinds[kind]; !ok {
		found.Add("kind", kind, "UNKNOWN_KIND", "用途应为 licence、mandate、identity、eia-approval、eia-document、promise、monitoring-plan、drawing、evidence 或 other。",
			"The kind is one of licence, mandate, identity, eia-approval, eia-document, promise, monitoring-plan, drawing, evidence, other.")
	}
	if len(content) == 0 {
		found.Add("file", "", "EMPTY_FILE", "文件是空的，请重新选择。", "The file is empty. Choose another.")
	}
	if len(content) > MaxBytes {
		found.Add("file", "", "FILE_TOO_LARGE", "文件最大 20 MiB。", "A file may hold 20 MiB at most.")
	}
	if err := found.Err(); err != nil {
		return "", err
	}
	mediaType, _, _ := strings.Cut(http.DetectContentType(content), ";")
	allowed, known := extensions[mediaType]
	if ending := strings.ToLower(filepath.Ext(title)); !known || !slices.Contains(allowed, ending) {
		found.Add("file", ending, "FILE_TYPE", "只接受内容与扩展名一致的 PDF、JPEG、PNG、DOCX、XLSX、TXT、CSV 文件。",
			"Only PDF, JPEG, PNG, DOCX, XLSX, TXT and CSV files whose content agrees with the ending are taken.")
		return "", found.Err()
	}
	return mediaType, nil
}

// cleanTitle keeps the last part of a file's name without control characters.
func cleanTitle(title string) string {
	title = filepath.Base(strings.ReplaceAll(title, "\\", "/"))
	title = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, title)
	if runes := []rune(title); len(runes) > 200 {
		title = string(runes[len(runes)-200:])
	}
	return title
}

func wellFormed(hash string) bool {
	return len(hash) == 64 && strings.Trim(hash, "0123456789abcdef") == ""
}

// Contents is the scanner that is always there: it refuses documents that
// carry programs, and the test file that every virus scanner knows.
type Contents struct{}

var (
	activePDF = regexp.MustCompile(`/(JavaScript|JS|Launch|EmbeddedFile|RichMedia)[\s/<(\[]`)
	testVirus = []byte("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")
	macros    = []byte("vbaProject.bin")
)

// Scan implements [Scanner].
func (Contents) Scan(_ context.Context, mediaType string, content []byte) error {
	switch {
	case bytes.Contains(content, testVirus),
		mediaType == "application/pdf" && activePDF.Match(content),
		mediaType == "application/zip" && bytes.Contains(content, macros):
		return errHarmful
	}
	return nil
}

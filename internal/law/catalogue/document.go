package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"
)

// Decode reads one YAML document strictly: an unknown key is an error that
// names its line.
func Decode(content []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		}
		return fmt.Errorf("read YAML: %w", err)
	}
	return nil
}

// DocumentType is a kind of official document 文书种类.
type DocumentType struct {
	ID             string      `yaml:"id"`
	NameZh         string      `yaml:"name_zh"`
	NameEn         string      `yaml:"name_en"`
	Service        string      `yaml:"service"`
	NumberPrefix   string      `yaml:"number_prefix"`   // 武环罚
	NumberExample  string      `yaml:"number_example"`  // 武环罚〔2026〕12号
	GapFree        bool        `yaml:"gap_free_series"` // one serial per organ, type and year
	RequiredFields []string    `yaml:"required_fields"`
	SignedBy       string      `yaml:"signed_by"`
	MustBeServed   bool        `yaml:"must_be_served"`
	Basis          []Reference `yaml:"basis"`
	Note           string      `yaml:"note"`
	Confidence     Confidence  `yaml:"confidence"`
}

// ParseDocumentTypes reads the document types.
func ParseDocumentTypes(content []byte) ([]DocumentType, error) {
	var file struct {
		Version string         `yaml:"version"`
		Types   []DocumentType `yaml:"document_types"`
	}
	if err := Decode(content, &file); err != nil {
		return nil, err
	}
	for _, t := range file.Types {
		if err := t.Confidence.Check(); err != nil {
			return nil, fmt.Errorf("document type %s: %w", t.ID, err)
		}
		if t.NameZh == "" || t.NameEn == "" || (t.GapFree && t.NumberPrefix == "") {
			return nil, fmt.Errorf("document type %s: name or number prefix is missing", t.ID)
		}
	}
	return file.Types, unique(file.Types, func(t DocumentType) string { return t.ID })
}

// Code is one item of a code list.
type Code struct {
	Code       string     `yaml:"code"`
	Zh         string     `yaml:"zh"`
	En         string     `yaml:"en"`
	Note       string     `yaml:"note"`
	Confidence Confidence `yaml:"confidence"` // that of its list when not given
}

// CodeList is a short list of codes for forms 代码表.
type CodeList struct {
	ID     string `yaml:"id"` // waste_form
	NameZh string `yaml:"name_zh"`
	NameEn string `yaml:"name_en"`
	Origin `yaml:",inline"`
	Note   string `yaml:"note"`
	Items  []Code `yaml:"items"`
}

// Item returns the item with a code.
func (l CodeList) Item(code string) (Code, bool) {
	for _, c := range l.Items {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}

// ParseCodeLists reads the code lists.
func ParseCodeLists(content []byte) ([]CodeList, error) {
	var file struct {
		Version string     `yaml:"version"`
		Lists   []CodeList `yaml:"code_lists"`
	}
	if err := Decode(content, &file); err != nil {
		return nil, err
	}
	for _, l := range file.Lists {
		if err := l.Confidence.Check(); err != nil {
			return nil, fmt.Errorf("code list %s: %w", l.ID, err)
		}
		for i, c := range l.Items {
			if c.Zh == "" || c.En == "" {
				return nil, fmt.Errorf("code list %s: %s has no name", l.ID, c.Code)
			}
			if c.Confidence == "" {
				l.Items[i].Confidence = l.Confidence
			}
		}
		if err := unique(l.Items, func(c Code) string { return c.Code }); err != nil {
			return nil, fmt.Errorf("code list %s: %w", l.ID, err)
		}
	}
	return file.Lists, unique(file.Lists, func(l CodeList) string { return l.ID })
}

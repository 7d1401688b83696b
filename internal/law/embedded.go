package law

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"shiyang/internal/law/catalogue"
)

//go:embed data/*.csv data/*.yaml
var files embed.FS

// Embedded returns the book of the data that this binary carries. The first
// call reads the editions' headers and hashes; the rows of a list are parsed
// when first asked for.
func Embedded() *Book { return embedded() }

var embedded = sync.OnceValue(func() *Book {
	editions, err := embeddedEditions()
	if err != nil {
		panic("law: the embedded data is broken: " + err.Error()) // a test reads it all
	}
	return NewBook(editions...)
})

// embeddedEditions reads data/editions.yaml and puts each edition's header
// before its file, so that an edition's content describes itself.
func embeddedEditions() ([]Edition, error) {
	content, err := files.ReadFile("data/editions.yaml")
	if err != nil {
		return nil, fmt.Errorf("read editions: %w", err)
	}
	var manifest struct {
		Editions []struct {
			ID        string `yaml:"id"`
			List      List   `yaml:"list"`
			File      string `yaml:"file"`
			Version   string `yaml:"version"`
			ValidFrom string `yaml:"valid_from"`
			ValidTo   string `yaml:"valid_to"`
			State     State  `yaml:"state"`
		} `yaml:"editions"`
	}
	if err := catalogue.Decode(content, &manifest); err != nil {
		return nil, err
	}
	editions := make([]Edition, 0, len(manifest.Editions))
	for _, m := range manifest.Editions {
		var text strings.Builder
		fmt.Fprintf(&text, "# edition: %s\n# version: %s\n# valid_from: %s\n", m.ID, m.Version, m.ValidFrom)
		if m.ValidTo != "" {
			fmt.Fprintf(&text, "# valid_to: %s\n", m.ValidTo)
		}
		if m.State == Missing {
			text.WriteString("# state: missing\n")
		} else {
			file, err := files.ReadFile("data/" + m.File)
			if err != nil {
				return nil, fmt.Errorf("read edition %s: %w", m.ID, err)
			}
			text.Write(file)
		}
		edition, err := readHeader(m.List, []byte(text.String()))
		if err != nil {
			return nil, fmt.Errorf("read edition %s: %w", m.ID, err)
		}
		editions = append(editions, edition)
	}
	return editions, nil
}

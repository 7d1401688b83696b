package config_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"shiyang/cmd/shiyang/config"
)

// docs/configuration.md lists every setting, its flag, its variable and its
// default, and none that does not exist.
func TestEverySettingIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 7 && strings.HasPrefix(cells[1], " `") {
			rows[strings.Trim(cells[1], " `")] = line
		}
	}
	settings := reflect.ValueOf(config.Default())
	for i := range settings.NumField() {
		tag := settings.Type().Field(i).Tag
		key := tag.Get("yaml")
		want := fmt.Sprintf("| `%s` | `--%s` | `%s%s` | %s |", key, strings.ReplaceAll(key, "_", "-"), config.Prefix, tag.Get("env"), code(settings.Field(i).Interface()))
		if !strings.HasPrefix(rows[key], want) {
			t.Errorf("docs/configuration.md lacks the row\n%s … |\nit has\n%s", want, rows[key])
		}
		delete(rows, key)
	}
	for key := range rows {
		t.Errorf("docs/configuration.md: %s is no setting", key)
	}
}

// code shows a default as the page does; nothing for an empty one.
func code(value any) string {
	if text := fmt.Sprint(value); text != "" {
		return "`" + text + "`"
	}
	return "–"
}

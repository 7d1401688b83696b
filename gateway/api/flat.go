package api

import (
	"bytes"
	"encoding/json"

	"shiyang/internal/problem"
)

// checkFlat checks an object of texts against the keys it may have.
func checkFlat(content []byte, known map[string]json.RawMessage) problem.Fields {
	var found problem.Fields
	d := json.NewDecoder(bytes.NewReader(content))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		found.Add("", "", "JSON_SYNTAX", "请求体应是一个 JSON 对象。", "The body must be one JSON object.")
		return found
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			break
		}
		key, _ := t.(string)
		var value any
		if err := d.Decode(&value); err != nil {
			break
		}
		_, isText := value.(string)
		switch _, ok := known[key]; {
		case seen[key]:
			found.Add(key, "", "DUPLICATE_FIELD", "该字段出现了两次，请只保留一个。", "This field is given twice; keep one.")
		case !ok:
			found.Add(key, "", "UNKNOWN_FIELD", "没有这个字段。", "There is no such field.")
		case !isText:
			found.Add(key, "", "WRONG_TYPE", "这里应填文本。", "Expected text.")
		}
		seen[key] = true
	}
	if _, err := d.Token(); err != nil {
		found.Add("", "", "JSON_SYNTAX", "请求不是完整的 JSON。", "The body is not well-formed JSON.")
	}
	return found
}

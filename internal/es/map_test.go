package es_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"shiyang/internal/es"
)

// mapMessage is a message with a map field.
func mapMessage(t *testing.T) es.Event {
	t.Helper()
	s, err := structpb.NewStruct(map[string]any{"a": 1, "b": 2})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

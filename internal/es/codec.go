package es

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/internal/jsonwalk"
)

// Codec turns events into stored JSON and back. It is safe for concurrent
// use once its upcasts are registered.
//
// Stored events are compact JSON with proto's JSON names, equal messages give
// equal bytes (but for sealed fields, whose bytes the keyring chooses).
// Fields marked personal are stored only as [Keyring] sealed them.
type Codec struct {
	keys   Keyring
	upcast map[protoreflect.FullName]func(Event) Event
	plans  plans
}

// NewCodec returns a codec that seals personal fields with keys. With nil
// keys, events that hold personal data are neither written nor read.
func NewCodec(keys Keyring) *Codec {
	return &Codec{keys: keys, upcast: map[protoreflect.FullName]func(Event) Event{}}
}

// Upcast registers how to read an event that we no longer write. Chains are
// followed. Register upcasts before the codec is used.
func Upcast[Old, New Event](c *Codec, f func(Old) New) {
	var old Old
	c.upcast[proto.MessageName(old)] = func(e Event) Event {
		return f(e.(Old)) // looked up by the name of Old
	}
}

// TypeName is the name an event is stored under: "permits.v1.PermitIssued".
func TypeName(e Event) string { return string(proto.MessageName(e)) }

// Encode returns the type name and the stored JSON of an event. It fails for
// an event that the contract rules forbid (a map field, a personal field
// without its subject) and with [ErrErased] if a subject was erased.
func (c *Codec) Encode(ctx context.Context, e Event) (typ string, data []byte, err error) {
	typ = TypeName(e)
	e, err = c.seal(ctx, typ, e)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	if data, err = compactJSON(e); err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	return typ, data, nil
}

// compactJSON is what protojson writes, without the white space that it varies
// on purpose. Nearly every event is written in one walk.
func compactJSON(e Event) ([]byte, error) {
	if data, err := jsonwalk.Stored.Append(make([]byte, 0, 1024), e.ProtoReflect()); err == nil {
		return data, nil
	}
	raw, err := protojson.Marshal(e)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Decode reads a stored event, opens its personal fields and lifts it to the
// type we write today. Fields that a newer program added are ignored; a
// personal field of an erased subject reads as "". An unknown type is
// [ErrUnknownEvent].
func (c *Codec) Decode(ctx context.Context, typ string, data []byte) (Event, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(typ))
	if errors.Is(err, protoregistry.NotFound) {
		return nil, fmt.Errorf("decode %q: %w", typ, ErrUnknownEvent)
	}
	if err != nil {
		return nil, fmt.Errorf("decode %q: %w", typ, err)
	}
	e := kind.New().Interface()
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typ, err)
	}
	if err := c.open(ctx, typ, e); err != nil {
		return nil, fmt.Errorf("decode %s: %w", typ, err)
	}
	for f := c.upcast[proto.MessageName(e)]; f != nil; f = c.upcast[proto.MessageName(e)] {
		e = f(e)
	}
	return e, nil
}

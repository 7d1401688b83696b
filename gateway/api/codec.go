package api

import (
	"bytes"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/jsonwalk"
)

// wholeBody is the body of a request that was read and checked.
type wholeBody struct {
	bytes.Reader
	text []byte
}

func newWholeBody(text []byte) *wholeBody {
	b := &wholeBody{text: text}
	b.Reset(text)
	return b
}

// Close does nothing: the connection's own body was read to its end.
func (*wholeBody) Close() error { return nil }

// codec is the JSON of the gateway's runtime, but decodes a whole body where
// it stands instead of looking for its end first, and writes plain answers in
// one walk.
type codec struct{ runtime.JSONPb }

func newCodec() *codec {
	return &codec{runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{EmitUnpopulated: false},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// Marshal implements [runtime.Marshaler].
func (c *codec) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok {
		if text, err := jsonwalk.Stored.Append(make([]byte, 0, 1024), message.ProtoReflect()); err == nil {
			return text, nil
		}
	}
	return c.JSONPb.Marshal(v)
}

// NewDecoder implements [runtime.Marshaler].
func (c *codec) NewDecoder(r io.Reader) runtime.Decoder {
	whole, ok := r.(*wholeBody)
	if !ok {
		return c.JSONPb.NewDecoder(r)
	}
	return runtime.DecoderFunc(func(into any) error {
		message, ok := into.(proto.Message)
		if !ok {
			return c.JSONPb.NewDecoder(r).Decode(into)
		}
		whole.Reset(nil)
		if len(bytes.TrimSpace(whole.text)) == 0 {
			return io.EOF // an empty body is an empty request
		}
		return c.UnmarshalOptions.Unmarshal(whole.text, message)
	})
}

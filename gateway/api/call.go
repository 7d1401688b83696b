package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/gateway/api/contract"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// checked stands before every call: it knows the matched route, and lets only
// requests through that the contract knows, from somebody who is known.
func (a *API) checked(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		route, ok := a.routes.Find(r.Method, pattern.String())
		if !ok {
			a.refuse(w, r, problem.ErrNotFound)
			return
		}
		r, err := a.admit(w, r, route)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		next(w, r, path)
	}
}

// admit returns the request with the caller's identity for the services.
func (a *API) admit(w http.ResponseWriter, r *http.Request, route *contract.Route) (*http.Request, error) {
	caller, token, err := a.caller(r)
	if err != nil {
		return r, err
	}
	if found := route.CheckQuery(r.URL.Query()); len(found) > 0 {
		return r, found.Err()
	}
	if route.Write() {
		if caller.CommandID, err = commandID(r); err != nil {
			return r, err
		}
		body, err := readBody(w, r)
		if err != nil {
			return r, err
		}
		if found := route.CheckBody(body); len(found) > 0 {
			return r, found.Err()
		}
		if route.HasFile {
			if err := a.checkAttachments(r, route, caller.Actor.ID, body); err != nil {
				return r, err
			}
		}
		r.Body = newWholeBody(body)
	}
	return r.WithContext(rpc.WithCaller(r.Context(), caller, token)), nil
}

// caller finds out who asks. Without a session it is the public.
func (a *API) caller(r *http.Request) (rpc.Caller, string, error) {
	var caller rpc.Caller
	var token string
	if session := bearer(r); session != "" {
		var err error
		if caller, token, err = a.Sessions.Actor(r.Context(), session); err != nil {
			return caller, "", err
		}
	} else if r.Header.Get("Authorization") != "" {
		return caller, "", rpc.ErrSignIn
	}
	caller.Lang = language(r)
	caller.Client = "api"
	if name := r.Header.Get("X-Client"); name == "import" {
		caller.Client = name
	}
	caller.CorrelationID = correlation(r)
	return caller, token, nil
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// correlation takes over a client's correlation id or makes one.
func correlation(r *http.Request) string {
	if id, err := uuid.Parse(r.Header.Get("X-Correlation-Id")); err == nil {
		return id.String()
	}
	return uuid.NewString()
}

// commandID reads the id under which a command takes effect once.
func commandID(r *http.Request) (string, error) {
	given := r.Header.Get("Idempotency-Key")
	id, err := uuid.Parse(strings.Trim(given, `"`))
	if err != nil || id == uuid.Nil {
		var found problem.Fields
		found.Add("Idempotency-Key", given, "COMMAND_ID_MISSING",
			"每个写操作都要带请求头 Idempotency-Key，值为新生成的 UUID；重试时用同一个值。",
			"Every write needs the header Idempotency-Key with a fresh UUID; a retry sends the same one.")
		return "", found.Err()
	}
	return id.String(), nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || kind != "application/json" || charset != "" && charset != "utf-8" {
		return nil, errNotJSON
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		_ = tooLarge
		return nil, errBodyTooLarge
	}
	if err != nil {
		return nil, errBodyCut
	}
	return body, nil
}

// checkAttachments makes sure that every file a command refers to was
// uploaded by this account and is fit for use.
func (a *API) checkAttachments(r *http.Request, route *contract.Route, owner string, body []byte) error {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(route.Input.FullName())
	if err != nil {
		return err
	}
	message := kind.New().Interface()
	if len(bytes.TrimSpace(body)) > 0 {
		if err := protojson.Unmarshal(body, message); err != nil {
			return errBodyCut
		}
	}
	var found problem.Fields
	forAttachments(message.ProtoReflect(), "", func(path string, file *commonv1.Attachment) {
		if err := a.Attachments.Check(r.Context(), owner, file); err != nil {
			p, ok := errors.AsType[*problem.Error](err)
			if !ok {
				p = problem.ErrNotFound
			}
			found.Add(path, file.GetSha256(), p.Reason, p.Text.Zh, p.Text.En)
		}
	})
	return found.Err()
}

// forAttachments visits every attachment that a message refers to.
func forAttachments(m protoreflect.Message, path string, visit func(string, *commonv1.Attachment)) {
	if file, ok := m.Interface().(*commonv1.Attachment); ok {
		visit(path, file)
		return
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := f.JSONName()
		if path != "" {
			at = path + "." + at
		}
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				forAttachments(v.List().Get(i).Message(), indexed(at, i), visit)
			}
		default:
			forAttachments(v.Message(), at, visit)
		}
		return true
	})
}

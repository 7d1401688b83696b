package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// statusOf is the only table from kinds of problems to HTTP statuses.
var statusOf = map[problem.Kind]int{
	problem.Invalid:     http.StatusBadRequest,
	problem.NotFound:    http.StatusNotFound,
	problem.Rejected:    http.StatusUnprocessableEntity,
	problem.Conflict:    http.StatusConflict,
	problem.Forbidden:   http.StatusForbidden,
	problem.Unknown:     http.StatusUnauthorized,
	problem.Unavailable: http.StatusServiceUnavailable,
	problem.TooLarge:    http.StatusRequestEntityTooLarge,
	problem.TooMany:     http.StatusTooManyRequests,
}

// Problems that only HTTP knows.
var (
	errURLTooLong = &problem.Error{Kind: problem.Invalid, Reason: "URL_TOO_LONG", Text: problem.Text{
		Zh: "地址太长，最多 4096 个字节。", En: "The address is too long; 4096 bytes at most.",
	}}
	errNotJSON = &problem.Error{Kind: problem.Invalid, Reason: "NOT_JSON", Text: problem.Text{
		Zh: "请求体应为 UTF-8 的 application/json。", En: "The body must be application/json in UTF-8.",
	}}
	errBodyTooLarge = &problem.Error{Kind: problem.TooLarge, Reason: "BODY_TOO_LARGE", Text: problem.Text{
		Zh: "请求体最大 1 MiB；文件请先用 /v1/attachments 上传。", En: "A body may hold 1 MiB at most; upload files to /v1/attachments first.",
	}}
	errBodyCut = &problem.Error{Kind: problem.Invalid, Reason: "BODY_CUT_OFF", Text: problem.Text{
		Zh: "请求体没有收完整，请用同一个 Idempotency-Key 重试。", En: "The body did not arrive whole; send it again with the same Idempotency-Key.",
	}}
	errInternal = &problem.Error{Reason: "INTERNAL", Text: problem.Text{
		Zh: "系统出错；可用同一个 Idempotency-Key 重试，并把 instance 编号告诉管理员。",
		En: "Something failed on our side. Retry with the same Idempotency-Key, and tell the administrator the number in instance.",
	}}
	errMethod = &problem.Error{Kind: problem.Invalid, Reason: "METHOD_NOT_ALLOWED", Text: problem.Text{
		Zh: "这个地址不接受此方法。", En: "This address does not take this method.",
	}}
)

// body is a problem as RFC 9457 writes it, with errors and warnings apart.
type body struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Reason   string  `json:"reason"`
	Citation string  `json:"citation,omitempty"`
	Instance string  `json:"instance,omitempty"`
	Errors   []field `json:"errors"`
	Warnings []field `json:"warnings"`
}

type field struct {
	Path   string `json:"path"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// refuse answers with a problem. Anything that is no problem is ours: it is
// logged, and the caller learns only a number to ask about.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := rpc.ProblemFrom(err)
	if p == nil {
		p = errInternal
	}
	status, known := statusOf[p.Kind]
	if p.Reason == errMethod.Reason {
		status = http.StatusMethodNotAllowed
	}
	id := correlation(r)
	if !known {
		status = http.StatusInternalServerError
		a.Log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("correlation", id), slog.Any("error", err))
	}
	zh := language(r) == "zh"
	answer := body{
		Type: "about:blank", Title: pick(zh, p.Text), Status: status, Reason: p.Reason, Citation: p.Citation,
		Instance: "urn:uuid:" + id, Errors: fields(zh, p.Errors), Warnings: fields(zh, p.Warnings),
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Content-Language", map[bool]string{true: "zh-CN", false: "en"}[zh])
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(max(1, p.Wait)))
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="shiyang"`)
	}
	w.WriteHeader(status)
	// The connection is the caller's: if it is gone there is nobody to tell.
	_ = json.NewEncoder(w).Encode(answer)
}

func (a *API) callFailed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	a.refuse(w, r, err)
}

func (a *API) routeFailed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusMethodNotAllowed {
		a.refuse(w, r, errMethod)
		return
	}
	a.refuse(w, r, problem.ErrNotFound)
}

func fields(zh bool, list []problem.Field) []field {
	out := make([]field, 0, len(list))
	for _, f := range list {
		out = append(out, field{f.Path, f.Value, f.Reason, pick(zh, f.Text)})
	}
	return out
}

func pick(zh bool, t problem.Text) string {
	if zh {
		return t.Zh
	}
	return t.En
}

// language is the language of the answer: Chinese unless English is asked for first.
func language(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "zh"
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

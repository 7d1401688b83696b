package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/page"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// task is a form page that ends in one command.
type task struct {
	component.Task
	Here    string
	Aside   templ.Component // context beside the form; may be nil
	Below   templ.Component // the matter decided on, under the form; may be nil
	Start   url.Values      // what the form opens with
	Request proto.Message   // what the answers are written into
	Prepare func(command string)
	Send    func(ctx context.Context) (*commonv1.Receipt, error)
	Done    func(v *visit, r *commonv1.Receipt) error
	Record  [2]string // category and id, to tell what changed meanwhile
}

// receipted is the answer of every command.
type receipted interface{ GetReceipt() *commonv1.Receipt }

// send makes a command of a client's method and its request.
func send[Q any, A receipted](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) func(context.Context) (*commonv1.Receipt, error) {
	return func(ctx context.Context) (*commonv1.Receipt, error) {
		answer, err := method(ctx, request)
		if err != nil {
			return nil, err
		}
		return answer.GetReceipt(), nil
	}
}

// keep is send for a command whose answer says more than its receipt.
func keep[Q any, A receipted](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q, answer *A) func(context.Context) (*commonv1.Receipt, error) {
	return send(func(ctx context.Context, q Q, o ...grpc.CallOption) (A, error) {
		got, err := method(ctx, q, o...)
		*answer = got
		return got, err
	}, request)
}

// record leads to a record's page as it is after the command.
func record(path string) func(*visit, *commonv1.Receipt) error {
	return func(v *visit, r *commonv1.Receipt) error {
		return v.see(after(path, r))
	}
}

func after(path string, r *commonv1.Receipt) string {
	done := "1"
	if r.GetRepeated() {
		done = "again"
	}
	return path + "?v=" + strconv.FormatUint(r.GetPosition(), 10) + "&done=" + done
}

// tasks serves a form page: GET draws it, POST sends its command.
func (p *pages) tasks(build func(*visit) (*task, error)) func(*visit) error {
	return func(v *visit) error {
		t, err := build(v)
		if err != nil {
			return err
		}
		t.Extra = hasFile(t.Filled.Form)
		t.Action = strings.TrimPrefix(v.r.URL.EscapedPath(), "/"+string(v.lang))
		if v.r.Method != http.MethodPost {
			t.Command, t.Filled.Values = p.NewID(), t.Start
			if t.Filled.Values == nil {
				t.Filled.Values = url.Values{}
			}
			return v.showTask(http.StatusOK, t)
		}
		return v.runTask(t)
	}
}

func (v *visit) runTask(t *task) error {
	values, wrong, err := v.values(t.Filled.Form)
	if err != nil {
		return err
	}
	t.Filled.Values, t.Command = values, v.command()
	if seen, err := strconv.ParseUint(v.r.PostForm.Get("seen"), 10, 64); err == nil {
		t.Seen = seen
	}
	if t.Filled.Form.Change(values) {
		return v.showTask(http.StatusOK, t)
	}
	t.Filled.Form.Tidy(values)
	wrong = append(wrong, t.Filled.Form.Decode(values, t.Request)...)
	expect(t.Request, t.Seen)
	if t.Prepare != nil {
		t.Prepare(t.Command)
	}
	if len(wrong) > 0 {
		return v.refuse(t, problem.ErrInvalid.WithErrors(merge(wrong, rpc.Validate(t.Request))...))
	}
	receipt, err := t.Send(v.call(t.Command))
	if refused := rpc.ProblemFrom(err); refused != nil {
		return v.refuse(t, refused)
	}
	if err != nil {
		return err
	}
	if len(receipt.GetWarnings()) > 0 {
		return v.show(http.StatusOK, page.DoneWithDoubts(v.frame(t.Title.In(v.text()), t.Here), t.Task, rpc.Fields(receipt.GetWarnings()), after(t.Back, receipt)))
	}
	return t.Done(v, receipt)
}

// refuse draws the form again with what was typed and what is wrong.
func (v *visit) refuse(t *task, refused *problem.Error) error {
	if refused.Kind == problem.Unknown || refused.Kind == problem.NotFound {
		return refused
	}
	t.Refusal, t.Filled.Errors, t.Filled.Warnings = refused, refused.Errors, refused.Warnings
	switch refused.Reason {
	case "COMMAND_ID_REUSED":
		t.Command = v.NewID()
	case "STALE_REVISION", "CHANGED_BY_SOMEONE_ELSE":
		if t.Record[0] != "" {
			t.Since = v.history(t.Record[0], t.Record[1], t.Seen)
		}
		if n := len(t.Since); n > 0 {
			t.Seen = t.Since[n-1].GetRevision()
		}
	}
	return v.showTask(statusOf(refused), t)
}

func (v *visit) showTask(status int, t *task) error {
	f := v.frame(t.Title.In(v.text()), t.Here)
	f.Wrong = status >= http.StatusBadRequest
	return v.show(status, page.TaskPage(f, t.Task, t.Aside, t.Below))
}

// command is the id that the form was drawn with; a form without a right one
// gets another.
func (v *visit) command() string {
	if id, err := uuid.Parse(v.r.PostForm.Get("command")); err == nil {
		return id.String()
	}
	return v.NewID()
}

// expect writes the revision that the person saw into the request, if the
// request asks for one.
func expect(m proto.Message, seen uint64) {
	r := m.ProtoReflect()
	if fd := r.Descriptor().Fields().ByName("expected_revision"); fd != nil && seen > 0 {
		r.Set(fd, protoreflect.ValueOfUint64(seen))
	}
}

// merge adds what a check found to what could not be read, one problem per
// field.
func merge(wrong problem.Fields, checked error) []problem.Field {
	refused := rpc.ProblemFrom(checked)
	if refused == nil {
		return wrong
	}
	for _, e := range refused.Errors {
		if !slices.ContainsFunc(wrong, func(w problem.Field) bool { return w.Path == e.Path }) {
			wrong = append(wrong, e)
		}
	}
	return wrong
}

package visit

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
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
)

// Task is a form page that ends in one command.
type Task struct {
	component.Task
	Here    string
	Aside   templ.Component // context beside the form; may be nil
	Below   templ.Component // the matter decided on, under the form; may be nil
	Start   url.Values      // what the form opens with
	Request proto.Message   // what the answers are written into
	Prepare func(command string)
	Send    func(ctx context.Context) (*commonv1.Receipt, error)
	Done    func(v *Visit, r *commonv1.Receipt) error
	Record  [2]string // category and id, to tell what changed meanwhile
}

// Receipted is the answer of every command.
type Receipted interface{ GetReceipt() *commonv1.Receipt }

// Send makes a command of a client's method and its request.
func Send[Q any, A Receipted](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) func(context.Context) (*commonv1.Receipt, error) {
	return func(ctx context.Context) (*commonv1.Receipt, error) {
		answer, err := method(ctx, request)
		if err != nil {
			return nil, err
		}
		return answer.GetReceipt(), nil
	}
}

// Keep is Send for a command whose answer says more than its receipt.
func Keep[Q any, A Receipted](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q, answer *A) func(context.Context) (*commonv1.Receipt, error) {
	return Send(func(ctx context.Context, q Q, o ...grpc.CallOption) (A, error) {
		got, err := method(ctx, q, o...)
		*answer = got
		return got, err
	}, request)
}

// ToRecord leads to a record's page as it is after the command.
func ToRecord(path string) func(*Visit, *commonv1.Receipt) error {
	return func(v *Visit, r *commonv1.Receipt) error {
		return v.See(After(path, r))
	}
}

// After is the address of a page at the position of a receipt.
func After(path string, r *commonv1.Receipt) string {
	done := "1"
	if r.GetRepeated() {
		done = "again"
	}
	return path + "?v=" + strconv.FormatUint(r.GetPosition(), 10) + "&done=" + done
}

// tasks serves a form page: GET draws it, POST sends its command.
func tasks(build func(*Visit) (*Task, error)) func(*Visit) error {
	return func(v *Visit) error {
		t, err := build(v)
		if err != nil {
			return err
		}
		t.Extra = hasFile(t.Filled.Form)
		t.Action = strings.TrimPrefix(v.R.URL.EscapedPath(), "/"+string(v.Lang))
		if v.R.Method != http.MethodPost {
			t.Command, t.Filled.Values = v.NewID(), t.Start
			if t.Filled.Values == nil {
				t.Filled.Values = url.Values{}
			}
			return v.showTask(http.StatusOK, t)
		}
		return v.runTask(t)
	}
}

func (v *Visit) runTask(t *Task) error {
	values, wrong, err := v.Values(t.Filled.Form)
	if err != nil {
		return err
	}
	t.Filled.Values, t.Command = values, v.Command()
	if seen, err := strconv.ParseUint(v.R.PostForm.Get("seen"), 10, 64); err == nil {
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
		return v.refuse(t, problem.ErrInvalid.WithErrors(Merge(wrong, rpc.Validate(t.Request))...))
	}
	receipt, err := t.Send(v.Call(t.Command))
	if refused := rpc.ProblemFrom(err); refused != nil {
		return v.refuse(t, refused)
	}
	if err != nil {
		return err
	}
	if len(receipt.GetWarnings()) > 0 {
		return v.Show(http.StatusOK, doubtsPage(v.Frame(t.Title.In(v.Text()), t.Here), t.Task, rpc.Fields(receipt.GetWarnings()), After(t.Back, receipt)))
	}
	return t.Done(v, receipt)
}

// refuse draws the form again with what was typed and what is wrong.
func (v *Visit) refuse(t *Task, refused *problem.Error) error {
	if refused.Kind == problem.Unknown || refused.Kind == problem.NotFound {
		return refused
	}
	t.Refusal, t.Filled.Errors, t.Filled.Warnings = refused, refused.Errors, refused.Warnings
	switch refused.Reason {
	case "COMMAND_ID_REUSED":
		t.Command = v.NewID()
	case "STALE_REVISION", "CHANGED_BY_SOMEONE_ELSE":
		if t.Record[0] != "" {
			t.Since = v.History(t.Record[0], t.Record[1], t.Seen)
		}
		if n := len(t.Since); n > 0 {
			t.Seen = t.Since[n-1].GetRevision()
		}
	}
	return v.showTask(StatusOf(refused), t)
}

func (v *Visit) showTask(status int, t *Task) error {
	f := v.Frame(t.Title.In(v.Text()), t.Here)
	f.Wrong = status >= http.StatusBadRequest
	return v.Show(status, taskPage(f, t.Task, t.Aside, t.Below))
}

// Command is the id that the form was drawn with; a form without a right one
// gets another.
func (v *Visit) Command() string {
	if id, err := uuid.Parse(v.R.PostForm.Get("command")); err == nil {
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

// Merge adds what a check found to what could not be read, one problem per
// field.
func Merge(wrong problem.Fields, checked error) []problem.Field {
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

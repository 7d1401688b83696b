package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"shiyang/gateway/web"
	"shiyang/gateway/web/registration"
	"shiyang/gateway/web/visit"
	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Ids of the made-up office.
const (
	permitID  = "018f0000-0000-7000-8000-000000000001"
	issuedID  = "018f0000-0000-7000-8000-000000000002"
	siteID    = "018f0000-0000-7000-8000-000000000003"
	firmID    = "018f0000-0000-7000-8000-000000000004"
	clerkID   = "018f0000-0000-7000-8000-00000000000a"
	handlerID = "018f0000-0000-7000-8000-00000000000b"
	appID     = "018f0000-0000-7000-8000-00000000000c"
	number    = "91620623MA73H91T32001P"
)

var today = time.Date(2026, 10, 28, 1, 0, 0, 0, time.UTC)

// office is a made-up bureau behind the real gRPC chain: token, rights,
// validation and problems are those of the product.
type office struct {
	permitsv1.UnimplementedPermitsServiceServer
	identityv1.UnimplementedIdentityServiceServer
	auditv1.UnimplementedAuditServiceServer

	mu       sync.Mutex
	calls    []string          // methods in order
	commands map[string]int    // command id → how often it came
	last     map[string]any    // method → last request
	refuse   map[string]error  // method → answer instead
	warn     map[string]string // method → doubt in the receipt
	note     string            // a text that the firm wrote, shown on many pages
	drafts   map[web.Draft][]byte
	files    map[string]*commonv1.Attachment
	ended    map[string]bool // sessions
	status   permitsv1.PermitStatus
}

func newOffice() *office {
	return &office{
		commands: map[string]int{}, last: map[string]any{}, refuse: map[string]error{}, warn: map[string]string{},
		note: "天祝金强硅材有限公司", drafts: map[web.Draft][]byte{}, files: map[string]*commonv1.Attachment{},
		ended: map[string]bool{}, status: permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED,
	}
}

// Verify reads the made-up tokens: the role is the token.
func (o *office) Verify(token string) (rpc.Actor, error) {
	s, ok := o.people()[token]
	if !ok {
		return rpc.Actor{}, errors.New("no such token")
	}
	a := es.Actor{ID: s.Account, Role: token, County: "620600"}
	for _, seat := range s.Seats {
		a.Role, a.Org, a.County = seat.GetRole(), seat.GetOrg(), seat.GetCounty()
	}
	return a, nil
}

// people are the sign-ins by session id.
func (o *office) people() map[string]web.Session {
	person := func(id, name, role string, title *commonv1.Text, org, orgTitle string) web.Session {
		s := web.Session{Account: id, Login: role, Name: name, Token: role}
		if role != "person" {
			s.Seat = "seat-1"
			s.Seats = []*identityv1.Seat{
				{SeatId: "seat-1", Role: role, RoleTitle: title, Org: org, OrgTitle: &commonv1.Text{Zh: orgTitle, En: "Office"}, County: "620623"},
			}
		}
		return s
	}
	text := func(zh, en string) *commonv1.Text { return &commonv1.Text{Zh: zh, En: en} }
	all := map[string]web.Session{}
	for _, s := range []web.Session{
		person(clerkID, "李文静", "permit_clerk", text("许可受理人员", "Permit clerk"), "620600", "武威市生态环境局"),
		person(clerkID, "周建国", "permit_examiner", text("许可审查人员", "Permit examiner"), "620600", "武威市生态环境局"),
		person(clerkID, "杨怀远", "permit_decider", text("许可决定人员", "Permit decider"), "620600", "武威市生态环境局"),
		person(handlerID, "陈雪", "firm_admin", text("企业管理员", "Firm administrator"), firmID, o.note),
		person(clerkID, "周承志", "auditor", text("审计人员", "Auditor"), "620600", "武威市生态环境局"),
		person(clerkID, "王系统", "system_admin", text("系统管理员", "System administrator"), "620600", "武威市生态环境局"),
		person(handlerID, "新用户", "person", nil, "", ""),
	} {
		all[s.Token] = s
	}
	return all
}

// The office's sessions: the id of a session is a role.

func (o *office) SignIn(_ context.Context, login, password, _ string) (web.Opened, error) {
	if password != "correct horse battery" {
		return web.Opened{}, &problem.Error{Kind: problem.Unknown, Reason: "WRONG_PASSWORD", Text: problem.Text{
			Zh: "账号或口令不对，还可以试 4 次。", En: "Wrong name or password; 4 tries are left.",
		}}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.ended, login)
	return web.Opened{ID: login, Expires: today.Add(8 * time.Hour)}, nil
}

func (o *office) Session(_ context.Context, id string) (web.Session, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s, ok := o.people()[id]; ok && !o.ended[id] {
		return s, nil
	}
	return web.Session{}, &problem.Error{Kind: problem.Unknown, Reason: "NO_SESSION"}
}

func (o *office) SwitchSeat(_ context.Context, id, seat string) (web.Opened, error) {
	if seat == "" {
		return web.Opened{}, problem.ErrNotFound
	}
	return web.Opened{ID: id, Expires: today.Add(time.Hour)}, nil
}

func (o *office) SignOut(_ context.Context, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended[id] = true
	return nil
}

// The office's drafts and files.

type officeDrafts struct{ *office }

func (o officeDrafts) Load(_ context.Context, d web.Draft) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.drafts[d], nil
}

func (o officeDrafts) Save(_ context.Context, d web.Draft, body []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drafts[d] = body
	return nil
}

func (o officeDrafts) Delete(_ context.Context, d web.Draft) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.drafts, d)
	return nil
}

type officeFiles struct{ *office }

func (o officeFiles) Put(_ context.Context, _, title, kind string, content io.Reader) (*commonv1.Attachment, error) {
	body, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(body), "%PDF") {
		return nil, &problem.Error{Kind: problem.Invalid, Reason: "FILE_TYPE", Text: problem.Text{Zh: "只收 PDF、JPG、PNG", En: "PDF, JPG or PNG only"}}
	}
	sum := sha256.Sum256(body)
	a := &commonv1.Attachment{Sha256: hex.EncodeToString(sum[:]), Size: int64(len(body)), MediaType: "application/pdf", Kind: kind, Title: title}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[a.GetSha256()] = a
	return a, nil
}

func (o officeFiles) Check(_ context.Context, _ string, a *commonv1.Attachment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.files[a.GetSha256()]; !ok {
		return problem.ErrNotFound
	}
	return nil
}

func (o officeFiles) Open(_ context.Context, _ rpc.Caller, hash string) (*commonv1.Attachment, io.ReadCloser, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a, ok := o.files[hash]
	if !ok {
		return nil, nil, problem.ErrNotFound
	}
	return a, io.NopCloser(strings.NewReader("%PDF-1.7 x")), nil
}

// note what was asked; answer what the test wants refused.
func (o *office) called(ctx context.Context, method string, request any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, method)
	o.last[method] = request
	if c, ok := rpc.CallerFrom(ctx); ok && c.CommandID != "" {
		o.commands[c.CommandID]++
	}
	return o.refuse[method]
}

// receipt answers a command: its id is the record's id, a repeated one says so.
func (o *office) receipt(ctx context.Context, method string, request any, id string) (*commonv1.Receipt, error) {
	if err := o.called(ctx, method, request); err != nil {
		return nil, err
	}
	c, _ := rpc.CallerFrom(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if id == "" {
		id = c.CommandID
	}
	r := &commonv1.Receipt{RecordId: id, Revision: 5, Position: 4711, Repeated: o.commands[c.CommandID] > 1}
	if doubt := o.warn[method]; doubt != "" {
		r.Warnings = []*commonv1.FieldProblem{{Path: "content", Reason: "DOUBT", Text: &commonv1.Text{Zh: doubt, En: doubt}}}
	}
	return r, nil
}

// serve runs the office and the pages in this process.
func (o *office) deps(t testing.TB) web.Deps {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	logger := slog.New(slog.DiscardHandler)
	server := rpc.NewServer(rpc.ServerOptions{Tokens: o, Logger: logger})
	permitsv1.RegisterPermitsServiceServer(server, o)
	permitsv1.RegisterDisclosureServiceServer(server, publicOffice{o: o})
	permitsv1.RegisterRegistrationServiceServer(server, registry{o: o})
	identityv1.RegisterIdentityServiceServer(server, o)
	auditv1.RegisterAuditServiceServer(server, o)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///office",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return web.Deps{
		Departments: []visit.Department{registration.Pages(permitsv1.NewRegistrationServiceClient(conn), permitsv1.NewPermitsServiceClient(conn))},
		Permits:     permitsv1.NewPermitsServiceClient(conn), Disclosure: permitsv1.NewDisclosureServiceClient(conn), Identity: identityv1.NewIdentityServiceClient(conn),
		Audit: auditv1.NewAuditServiceClient(conn), Sessions: o, Drafts: officeDrafts{o}, Attachments: officeFiles{o},
		Now: func() time.Time { return today }, NewID: newID, Logger: logger,
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

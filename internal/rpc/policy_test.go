package rpc_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	_ "shiyang/proto/audit/v1"
	_ "shiyang/proto/common/v1"
	_ "shiyang/proto/identity/v1"
	_ "shiyang/proto/permits/v1"
)

var update = flag.Bool("update", false, "write golden files anew")

// methods yields every method of every service of our contracts.
func methods(t *testing.T) map[string]protoreflect.MethodDescriptor {
	t.Helper()
	found := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if ours := strings.HasPrefix(file.Options().(interface{ GetGoPackage() string }).GetGoPackage(), "shiyang/"); !ours {
				continue
			}
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				found[fmt.Sprintf("/%s/%s", service.FullName(), m.Name())] = m
			}
		}
		return true
	})
	if len(found) < 50 {
		t.Fatalf("found only %d methods", len(found))
	}
	return found
}

func TestEveryMethodHasExactlyOneRule(t *testing.T) {
	found := methods(t)
	seen := map[string]bool{}
	for _, rule := range rpc.Policy {
		m, ok := found[rule.Method]
		switch {
		case !ok:
			t.Errorf("%s: the rule has no method", rule.Method)
			continue
		case seen[rule.Method]:
			t.Errorf("%s: has two rules", rule.Method)
		case len(rule.Roles) == 0 || rule.Scope == 0:
			t.Errorf("%s: the rule names no role or no scope", rule.Method)
		case rule.Write && (m.IsStreamingClient() || m.IsStreamingServer()):
			t.Errorf("%s: a stream cannot be a command", rule.Method)
		case rule.Public && rule.Scope != rpc.None:
			t.Errorf("%s: a public method cannot ask for a tie", rule.Method)
		}
		seen[rule.Method] = true
	}
	for method := range found {
		if !seen[method] {
			t.Errorf("%s: has no rule in rpc.Policy, so nobody may call it", method)
		}
	}
}

// A method whose answer is a receipt changes something.
func TestWritesAreTheMethodsWithAReceipt(t *testing.T) {
	for method, m := range methods(t) {
		rule, _ := rpc.RuleOf(method)
		if receipt := m.Output().Fields().ByName("receipt") != nil; receipt != rule.Write {
			t.Errorf("%s: answers with a receipt %v, but Write is %v", method, receipt, rule.Write)
		}
	}
}

// The matrix is what Authorise does for every role on its own and on a foreign
// record; the golden file is what a reviewer reads.
func TestMatrixOfRolesAndMethods(t *testing.T) {
	var b strings.Builder
	b.WriteString("# role x method: W write, r read, - refused. First mark: own county or firm, second mark: foreign (n: not found).\n")
	rules := slices.Clone(rpc.Policy)
	slices.SortFunc(rules, func(a, b rpc.Rule) int { return strings.Compare(a.Method, b.Method) })
	for _, rule := range rules {
		fmt.Fprintf(&b, "%s\n", rule.Method)
		for _, role := range rpc.Roles() {
			fmt.Fprintf(&b, "  %-16s %s%s\n", role, mark(t, rule, role, ownRecord), mark(t, rule, role, foreignRecord))
		}
	}
	golden(t, "testdata/matrix.txt", b.String())
}

var (
	ownRecord     = rpc.Object{County: "620602", FirmID: "firm-1"}
	foreignRecord = rpc.Object{County: "620621", FirmID: "firm-2"}
)

func as(role rpc.Role) rpc.Caller {
	a := rpc.Actor{ID: "a-1", Role: string(role)}
	switch {
	case role.Firm():
		a.Org = "firm-1"
	case role.Staff():
		a.County = "620602"
	}
	return rpc.Caller{Actor: a}
}

func mark(t *testing.T, rule rpc.Rule, role rpc.Role, object rpc.Object) string {
	t.Helper()
	err := rpc.Authorise(as(role), rule.Method, object)
	p, _ := errors.AsType[*problem.Error](err)
	switch {
	case err == nil && rule.Write:
		return "W"
	case err == nil:
		return "r"
	case p.Reason == "NOT_FOUND":
		return "n"
	case p.Reason == "NOT_YOUR_ROLE":
		return "-"
	}
	t.Fatalf("%s as %s: %v", rule.Method, role, err)
	return ""
}

// docs/roles.md is written from the table, so that it cannot disagree.
func TestRolesDocumentAgreesWithPolicy(t *testing.T) {
	golden(t, "../../docs/roles.md", rolesDocument())
}

func rolesDocument() string {
	var b strings.Builder
	b.WriteString(rolesPreface)
	b.WriteString("| 标识 code | 角色 | role | 范围 held for |\n|---|---|---|---|\n")
	for _, r := range rpc.Roles() {
		held := "—"
		switch {
		case r == rpc.Auditor:
			held = "全部，只读 everything, read only"
		case r.Staff():
			held = "县区 county"
		case r.Firm():
			held = "企业 firm"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r, r.Title().Zh, r.Title().En, held)
	}
	b.WriteString("\n## 权限表 Rights\n\n| 方法 method | 办理 changes | 范围 scope | 角色 roles |\n|---|---|---|---|\n")
	scopes := map[rpc.Scope]string{
		rpc.None: "本人或不限 own account or none", rpc.County: "本县区 own county",
		rpc.Firm: "本企业 own firm", rpc.Either: "本县区或本企业 own county or firm",
	}
	for _, rule := range rpc.Policy {
		writes, roles := "", "公众 the public"
		if rule.Write {
			writes = "是 yes"
		}
		if !rule.Public {
			var titles []string
			for _, r := range rule.Roles {
				titles = append(titles, r.Title().Zh)
			}
			roles = strings.Join(titles, "、")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", strings.TrimPrefix(rule.Method, "/"), writes, scopes[rule.Scope], roles)
	}
	return b.String()
}

const rolesPreface = `# 角色与权限 Roles and rights

本表由权限表 ` + "`internal/rpc/rights`" + ` 生成并由测试核对；表中没有的，一律拒绝。
This page is written from the policy table and checked by a test; what it does not list is refused.

- 县区角色只见本县区的记录；行政区划代码 620600 表示全市。A bureau role sees its own county; 620600 is the whole prefecture.
- 企业角色只见本企业的记录；受托服务机构只在授权期限内。A firm role sees its own firm; a consultant only while the mandate runs.
- 看不见的记录回答“没有”，看得见而无权办理的回答“身份不能办理”。What may not be seen answers "not found"; what may be seen but not done names the roles that may.
- 读得到一条记录的人，也读得到它的历史；账号的历史归本人读，审计管理员读不到姓名。Who may read a record may read its history; that of an account is for its holder, and for the audit administrator without names.
- 同一件事的受理、审查、决定须由不同的人办理，由记录自身的规则把关。Clerk, examiner and decider of one file are different persons; the record's own rules see to it.
- 系统、安全、审计三类管理员互斥，也不兼任其他职务；任何人不能给自己授权。The three administrators exclude each other and every other duty; nobody grants a role to himself.

## 角色 Roles

`

// golden compares with a file; -update writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the policy says; run go test ./internal/rpc -update and review the difference", path)
	}
}

package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"shiyang/cmd/shiyang/apiclient"
)

// SignIn is what somebody needs to act in a role.
type SignIn struct {
	RoleZh, RoleEn  string
	Login, Password string
}

// desk is one member of the demo bureau or of an example firm.
type desk struct {
	role, county   string // empty for people of firms
	roleZh, roleEn string
	login, person  string
}

var staff = []desk{
	{"permit_clerk", "620600", "许可受理", "permit clerk", "shouli", "示例受理员"},
	{"permit_examiner", "620600", "许可审查", "permit examiner", "shencha", "示例审查员"},
	{"permit_decider", "620600", "许可决定", "permit decider", "jueding", "示例决定人"},
	{"head", "620600", "负责人", "head of the bureau", "fuzeren", "示例负责人"},
	{"auditor", "620600", "审计", "auditor", "shenji", "示例审计员"},
	{"officer", "620623", "执法（天祝）", "officer (Tianzhu)", "zhifa1", "示例执法员甲"},
	{"officer", "620602", "执法（凉州）", "officer (Liangzhou)", "zhifa2", "示例执法员乙"},
}

// phone is in the range that is never given to anybody.
const phone = "13900000000"

// hired is an account that can act.
type hired struct {
	*apiclient.Client
	account string
	SignIn
}

// generatePassword makes one that nobody can guess and that is easy to type.
func generatePassword() string {
	text := strings.ToLower(rand.Text()[:20])
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:]
}

// hire registers an account and, for staff, grants its role.
func (m *maker) hire(ctx context.Context, by *apiclient.Client, d desk) (hired, error) {
	password := generatePassword()
	receipt, err := by.Command(ctx, "/v1/accounts", "", map[string]any{
		"login": d.login, "password": password, "person": map[string]any{"name": d.person, "phone": phone},
	})
	if err != nil {
		return hired{}, fmt.Errorf("account %s: %w", d.login, err)
	}
	if d.role != "" {
		_, err := by.Command(ctx, "/v1/accounts/"+receipt.RecordID+":grant-role", "", map[string]any{
			"role": d.role, "county": d.county, "reason": "示例局建局",
		})
		if err != nil {
			return hired{}, fmt.Errorf("role of %s: %w", d.login, err)
		}
	}
	h := hired{account: receipt.RecordID, SignIn: SignIn{d.roleZh, d.roleEn, d.login, password}}
	h.Client, err = m.signIn(ctx, d.login, password)
	m.signs = append(m.signs, h.SignIn)
	return h, err
}

func (m *maker) signIn(ctx context.Context, login, password string) (*apiclient.Client, error) {
	session, err := m.api.SignIn(ctx, login, password, "")
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", login, err)
	}
	return m.api.As(session), nil
}

// paper is a small PDF that says what it stands for.
func paper(title string) []byte {
	text := fmt.Sprintf("BT /F1 18 Tf 72 720 Td (%s) Tj ET", title)
	return fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"+
		"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"+
		"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n"+
		"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n", len(text), text)
}

// found a firm: its person registers, applies with licence and mandate, the
// clerk approves, and the person signs in again to act for it.
func (m *maker) found(ctx context.Context, f firm) (founded, error) {
	person, err := m.hire(ctx, m.api, desk{login: f.login, person: f.person, roleZh: "企业（" + f.name + "）", roleEn: "enterprise, " + f.nameEn})
	if err != nil {
		return founded{}, err
	}
	licence, err := person.Upload(ctx, "licence", "licence.pdf", paper("Example licence of "+f.uscc))
	if err != nil {
		return founded{}, err
	}
	mandate, err := person.Upload(ctx, "mandate", "mandate.pdf", paper("Example mandate for "+f.uscc))
	if err != nil {
		return founded{}, err
	}
	application, err := person.Command(ctx, "/v1/firm-applications", "", map[string]any{
		"uscc": f.uscc, "unitName": f.name, "division": f.division, "licence": licence, "mandate": mandate, "example": true,
	})
	if err != nil {
		return founded{}, fmt.Errorf("firm %s: %w", f.name, err)
	}
	approved, err := m.clerk.Command(ctx, "/v1/firm-applications/"+application.RecordID+":decide", "", map[string]any{"approve": true})
	if err != nil {
		return founded{}, fmt.Errorf("firm %s: %w", f.name, err)
	}
	// A sign-in finds the firm in a view, which has to know of it first.
	seen := fmt.Sprintf("/v1/firm-applications?state=approved&atLeast=%d", approved.Position)
	if err := m.clerk.Get(ctx, seen, nil); err != nil {
		return founded{}, fmt.Errorf("firm %s: %w", f.name, err)
	}
	out := founded{firm: f}
	if out.Client, err = m.signIn(ctx, f.login, person.Password); err != nil {
		return out, err
	}
	var me struct {
		Seats []struct{ Org string }
	}
	if err := out.Get(ctx, "/v1/accounts/me", &me); err != nil {
		return out, err
	}
	for _, seat := range me.Seats {
		out.id = seat.Org
	}
	if out.id == "" {
		return out, fmt.Errorf("firm %s: nobody may act for it", f.name)
	}
	return out, nil
}

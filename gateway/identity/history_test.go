package identity_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/identity/firm"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// past reads a whole history.
func (u *user) past(category, id string) ([]*commonv1.HistoryResponse, error) {
	u.t.Helper()
	stream, err := u.history.History(u.does(), &commonv1.HistoryRequest{Category: category, Id: id})
	var events []*commonv1.HistoryResponse
	for err == nil {
		var e *commonv1.HistoryResponse
		if e, err = stream.Recv(); err == nil {
			events = append(events, e)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return events, err
}

// told is a history as a person reads it, and everything that is in it.
func told(events []*commonv1.HistoryResponse) (sentences, all string) {
	var zh, text []string
	for _, e := range events {
		zh = append(zh, e.GetSentence().GetZh())
		text = append(text, e.String())
	}
	return strings.Join(zh, "|"), strings.Join(text, "\n")
}

func TestHistoryOfAnAccount(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	checker := admin.staff("jian", "audit_admin", "620600")
	clerk := admin.staff("wang", "permit_clerk", "620602")
	stranger := o.register("stranger").signIn()
	r, err := admin.client.RevokeStaffRole(admin.does(), &identityv1.RevokeStaffRoleRequest{
		AccountId: clerk.id, Role: "permit_clerk", County: "620602", Reason: "调离",
	})
	o.done(r.GetReceipt(), err)
	clerk.signIn()

	own, err := clerk.past("account", clerk.id)
	want(t, err, "")
	sentences, all := told(own)
	if sentences != "开通账号 wang|授予职务：许可受理人员，武威市生态环境局（凉州区）；任命|收回职务：许可受理人员，武威市生态环境局（凉州区）；调离" {
		t.Errorf("told %s", sentences)
	}
	if !strings.Contains(all, "人员wang") {
		t.Error("the holder does not see the own name")
	}
	if c := own[1].GetChanges(); len(c) != 4 || c[0].GetPath() != "seats[0].county" || c[0].GetAfter() != "620602" {
		t.Errorf("the grant changed %v", c)
	}
	seen, err := checker.past("account", clerk.id)
	want(t, err, "")
	if again, all := told(seen); again != sentences || strings.Contains(all, "人员wang") || strings.Contains(all, "13900000000") {
		t.Errorf("the audit administrator reads %s", all)
	}
	for name, u := range map[string]*user{"the system administrator": admin, "a stranger": stranger} {
		if _, err := u.past("account", clerk.id); err == nil {
			t.Errorf("%s reads the account", name)
		} else {
			want(t, err, "NOT_FOUND")
		}
	}
	_, err = checker.past("account", newID())
	want(t, err, "NOT_FOUND")
}

func TestHistoryOfAFirmAndItsApplication(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	auditor := o.admin.staff("shen", "auditor", "620600")
	elsewhere := o.admin.staff("yuan", "permit_clerk", "620621")
	stranger := o.register("stranger").signIn()
	if _, err := invite(boss, &identityv1.InviteMemberRequest{FirmId: firmID, Role: "firm_handler"}); err != nil {
		t.Fatal(err)
	}
	list, err := o.client.ListFirmApplications(clerk.does(), &identityv1.ListFirmApplicationsRequest{})
	want(t, err, "")
	application := list.GetApplications()[0].GetApplicationId()
	person := *boss
	person.signIn() // the session of the person, out of which the firm's seat is taken

	for category, tt := range map[string]struct{ id, sentences string }{
		"firm":            {firmID, "登记企业：示例水泥厂|成员加入：企业管理员|邀请成员：企业经办人"},
		"firmapplication": {application, "申请代表 示例水泥厂 办事|核对执照和授权后同意"},
	} {
		for name, u := range map[string]*user{"boss": &person, "clerk": clerk, "auditor": auditor} {
			events, err := u.past(category, tt.id)
			want(t, err, "")
			sentences, all := told(events)
			if sentences != tt.sentences {
				t.Errorf("%s reads of the %s: %s", name, category, sentences)
			}
			if strings.Contains(all, "codeSha256") {
				t.Errorf("%s reads the hash of a code", name)
			}
		}
		for _, u := range []*user{elsewhere, stranger} {
			_, err := u.past(category, tt.id)
			want(t, err, "NOT_FOUND")
		}
	}
	_, err = clerk.past("permit", firmID)
	want(t, err, "NOT_FOUND")
	_, err = clerk.past("firm", firm.ID("91110000600037341L"))
	want(t, err, "NOT_FOUND")
}

func TestStateOfAnAccountAtAnInstant(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	clerk := o.register("wang")
	before := o.clock.Now()
	o.clock.advance(time.Hour)
	want(t, admin.signIn().grant(clerk, "permit_clerk", "620602"), "")
	clerk.signIn()
	at := func(r *commonv1.StateAtRequest) *commonv1.StateAtResponse {
		t.Helper()
		r.Category, r.Id = "account", clerk.id
		answer, err := o.history.StateAt(clerk.does(), r)
		want(t, err, "")
		return answer
	}
	if now := at(&commonv1.StateAtRequest{}); now.GetRevision() != 2 || now.GetState().GetFields()["seats"] == nil {
		t.Errorf("now: %v", now)
	}
	then := at(&commonv1.StateAtRequest{RecordedBy: timestamppb.New(before)})
	if then.GetRevision() != 1 || then.GetState().GetFields()["seats"] != nil || then.GetState().GetFields()["login"].GetStringValue() != "wang" {
		t.Errorf("before the grant: %v", then)
	}
	if skipped := at(&commonv1.StateAtRequest{HappenedBy: timestamppb.New(before)}).GetSkipped(); len(skipped) != 1 {
		t.Errorf("skipped %v", skipped)
	}
	_, err := o.history.StateAt(clerk.does(), &commonv1.StateAtRequest{Category: "account", Id: admin.id})
	want(t, err, "NOT_FOUND")
}

func TestViewsAreComparedWithTheLog(t *testing.T) {
	o, clerk, _, _ := village(t)
	auditor := o.admin.staff("shen", "auditor", "620600")
	o.caughtUp(clerk)
	check := func(u *user) (*commonv1.CheckViewsResponse, error) {
		stream, err := o.history.CheckViews(u.does(), &commonv1.CheckViewsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return stream.Recv()
	}
	if got, err := check(auditor); err != nil || !got.GetEqual() || got.GetEvents() == 0 {
		t.Errorf("compared: %v, %v", got, err)
	}
	_, err := check(clerk)
	want(t, err, "NOT_YOUR_ROLE")
	categories, err := o.history.Categories(clerk.does(), &commonv1.CategoriesRequest{})
	if err != nil || strings.Join(categories.GetCategories(), " ") != "account firm firmapplication" {
		t.Errorf("categories %v, %v", categories, err)
	}
	head := o.admin
	judged, err := o.history.Judge(head.does(), &commonv1.JudgeRequest{List: "working_days", Content: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := judged.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("identity has a deadline: %v", err)
	}
}

func TestExampleFirmIsMarked(t *testing.T) {
	o := newOffice(t)
	clerk := o.administrator().staff("wang", "permit_clerk", "620602")
	boss := o.register("boss").signIn()
	r := application()
	r.Example = true
	id := boss.apply(r)
	o.caughtUp(clerk)
	list, err := o.client.ListFirmApplications(clerk.does(), &identityv1.ListFirmApplicationsRequest{})
	if err != nil || !list.GetApplications()[0].GetExample() {
		t.Errorf("listed %v, %v", list, err)
	}
	want(t, clerk.decide(id, true, ""), "")
	shown, err := o.client.GetFirm(clerk.does(), &identityv1.GetFirmRequest{FirmId: firm.ID(uscc)})
	if err != nil || !shown.GetExample() {
		t.Errorf("shown %v, %v", shown, err)
	}
}

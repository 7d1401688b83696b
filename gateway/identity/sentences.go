package identity

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

// accountSentence says in both languages what happened to an account. It names
// nobody: the sign-in name is no personal datum.
func (s *Service) accountSentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *identityv1.AccountRegistered:
		return both("开通账号 %s", "The account %s was opened", e.GetLogin())
	case *identityv1.PasswordChanged:
		if e.GetReason() != "" {
			return both("重置口令：%s", "The password was reset: %s", e.GetReason())
		}
		return both("修改了密码", "The password was changed")
	case *identityv1.StaffRoleGranted:
		return s.duty("授予职务：%s，%s；%s", "Duty given: %s, %s; %s", e.GetRole(), e.GetCounty(), e.GetReason())
	case *identityv1.StaffRoleRevoked:
		return s.duty("收回职务：%s，%s；%s", "Duty taken away: %s, %s; %s", e.GetRole(), e.GetCounty(), e.GetReason())
	case *identityv1.AccountDisabled:
		return both("停用账号：%s", "The account was ended: %s", e.GetReason())
	}
	return both("%s", "%s", es.TypeName(event))
}

// firmSentence says what happened to a firm.
func firmSentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *identityv1.FirmRegistered:
		return both("登记企业：%s", "The firm %s was entered", e.GetUnitName())
	case *identityv1.MemberJoined:
		return member("成员加入：%s", "A member joined: %s", e.GetRole(), e.GetTo().GetIso())
	case *identityv1.MemberInvited:
		return member("邀请成员：%s", "A member was invited: %s", e.GetRole(), e.GetTo().GetIso())
	case *identityv1.MemberRevoked:
		return both("撤销成员：%s", "A membership was ended: %s", e.GetReason())
	}
	return both("%s", "%s", es.TypeName(event))
}

// applicationSentence says what happened to an application to act for a firm.
func applicationSentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *identityv1.FirmApplied:
		return both("申请代表 %s 办事", "Somebody asked to act for %s", e.GetUnitName())
	case *identityv1.FirmApplicationApproved:
		return both("核对执照和授权后同意", "Licence and mandate were checked and approved")
	case *identityv1.FirmApplicationRefused:
		return both("不予同意：%s", "The application was refused: %s", e.GetReason())
	}
	return both("%s", "%s", es.TypeName(event))
}

func both(zh, en string, args ...any) problem.Text {
	return problem.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
}

// duty names role and organ.
func (s *Service) duty(zh, en, role, county, reason string) problem.Text {
	title, place := rpc.Role(role).Title(), s.organ(county)
	return problem.Text{Zh: fmt.Sprintf(zh, title.Zh, place.Zh, reason), En: fmt.Sprintf(en, title.En, place.En, reason)}
}

// member names role and, of a mandate, the last day.
func member(zh, en, role, to string) problem.Text {
	title := rpc.Role(role).Title()
	out := problem.Text{Zh: fmt.Sprintf(zh, title.Zh), En: fmt.Sprintf(en, title.En)}
	if to != "" {
		out.Zh += "，至 " + to
		out.En += ", until " + to
	}
	return out
}

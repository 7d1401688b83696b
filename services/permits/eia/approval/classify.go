package approval

import (
	"fmt"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// RuleClass names the rule that decides which document a project needs.
const RuleClass = "eia-class-2021"

// Class is what the classification list gives, and why.
type Class struct {
	Document permitsv1.EiaDocument // unspecified: the row needs none
	Row      catalogue.EIARow
	Why      []problem.Text
}

// Classify decides which document a project needs 分类管理: the row's column for
// a report is read first, then that for a form, then that for a registration
// form. "All" and "the rest" decide by themselves; a criterion in words is met
// when the answers say so, or when it asks for a sensitive area and the project
// touches one.
func Classify(row catalogue.EIARow, answers *permitsv1.EiaAnswers) Class {
	c := Class{Row: row}
	c.say(fmt.Sprintf("名录第 %d 项：%s，%s", row.Row, row.Group, row.Class),
		fmt.Sprintf("Row %d of the list: %s, %s", row.Row, row.Group, row.Class))
	for _, column := range []struct {
		document  permitsv1.EiaDocument
		criterion catalogue.Criterion
		met       bool
	}{
		{Report, row.Report, answers.GetMeetsReport()},
		{Form, row.Form, answers.GetMeetsForm()},
		{Registration, row.Registration, answers.GetMeetsRegistration()},
	} {
		if c.fits(column.document, column.criterion, column.met, answers.GetSensitiveArea()) {
			c.Document = column.document
			return c
		}
	}
	c.say("三栏均不适用：名录未要求编制环评文件", "No column fits: the list asks for no document")
	return c
}

func (c *Class) fits(document permitsv1.EiaDocument, criterion catalogue.Criterion, met, sensitive bool) bool {
	zh, en := columnName(document)
	switch criterion.Rule {
	case catalogue.AllOfClass:
		c.say(zh+"：该类项目全部适用", en+": all projects of this class")
		return true
	case catalogue.TheRest:
		c.say(zh+"：其他项目适用", en+": the rest of this class")
		return true
	case catalogue.InWords:
		if sensitive && strings.Contains(criterion.Text, "敏感区") {
			c.say(zh+"：涉及环境敏感区（"+c.Row.SensitiveArea+"）", en+": it touches a sensitive area that the row means")
			return true
		}
		if met {
			c.say(zh+"：符合“"+criterion.Text+"”", en+": it meets the row's words")
			return true
		}
		c.say(zh+"：不符合“"+criterion.Text+"”", en+": it does not meet the row's words")
	default:
		c.say(zh+"：该类项目不适用", en+": no project of this class")
	}
	return false
}

func (c *Class) say(zh, en string) { c.Why = append(c.Why, problem.Text{Zh: zh, En: en}) }

func columnName(d permitsv1.EiaDocument) (zh, en string) {
	switch d {
	case Report:
		return "报告书", "Report"
	case Form:
		return "报告表", "Form"
	default:
		return "登记表", "Registration form"
	}
}

// Level is who is competent for a document 分级审批, and by which row of the
// list.
type Level struct {
	catalogue.Authority
	Row string // "" when no row of the list fits: then it is not ours
}

// Competent reads the list of a day. Without a loaded list nothing is ours.
func Competent(lists law.View, document permitsv1.EiaDocument, project *permitsv1.EiaProject) Level {
	practice := lists.EIAPractice()
	who, row := practice.Competent(documentCode(document), int(project.GetClassificationRow()), project.GetAnswers().GetSpecial())
	if who.Zh == "" {
		who = catalogue.Authority{Level: "province", Zh: "上级生态环境部门（分级审批清单未装载）", En: "a higher authority: no list of competence is loaded"}
	}
	return Level{who, row}
}

// ErrNotOurs refuses what another authority decides: nothing is ours but what
// the list gives us 杜绝越权审批.
var ErrNotOurs = &problem.Error{
	Kind: problem.Rejected, Reason: "OUTSIDE_AUTHORITY", Citation: "code-2026 art. 104",
	Text: text("本项目不在本机关分级审批清单内，请向有审批权的机关申请。",
		"This project is not on the list of what this bureau approves. Apply to the competent authority."),
}

// refusal is nil for what is ours.
func (l Level) refusal() error {
	if l.Ours() {
		return nil
	}
	return ErrNotOurs.With(
		fmt.Sprintf("本项目不在本机关分级审批清单内，由%s审批；请向该机关申请。", l.Zh),
		fmt.Sprintf("This project is not on the list of what this bureau approves; competent: %s.", l.En))
}

// Text is the level in a sentence.
func (l Level) Text() problem.Text {
	row := l.Row
	if row == "" {
		row = "—"
	}
	return problem.Text{
		Zh: fmt.Sprintf("审批机关：%s（清单条目 %s）", l.Zh, row),
		En: fmt.Sprintf("Competent: %s (row %s of the list)", l.En, row),
	}
}

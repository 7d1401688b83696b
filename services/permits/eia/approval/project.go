package approval

import (
	"fmt"
	"slices"

	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Checked is what the rules say of a project before it is filed.
type Checked struct {
	Wrong, Doubtful problem.Fields
	Class           Class
	Level           Level
}

// CheckProject judges what a builder wants to file under the lists of a day.
// Every wrong field is listed at once.
func CheckProject(p *permitsv1.EiaProject, lists law.View, on law.Date) Checked {
	var c Checked
	row, ok := lists.EIARow(int(p.GetClassificationRow()))
	if !ok {
		c.Wrong.Add("project.classificationRow", fmt.Sprint(p.GetClassificationRow()), "ROW_UNKNOWN",
			"分类管理名录中没有这一项。", "The classification list has no such row.")
		return c
	}
	c.Class = Classify(row, p.GetAnswers())
	c.Level = Competent(lists, p.GetDocument(), p)
	c.checkKind(p, on)
	c.checkMoney(p)
	c.checkRow(p)
	if p.GetDocument() == Registration {
		c.checkRegistration(p, on)
	} else {
		c.checkDocument(p)
	}
	if !p.GetDeclaredTrue() {
		c.Wrong.Add("project.declaredTrue", "", "NOT_DECLARED",
			"请承诺填报内容真实。", "Declare that the content is true.")
	}
	return c
}

// checkKind compares the filed kind with the rule's: another kind needs a
// reason, and the bureau sees it as a doubt.
func (c *Checked) checkKind(p *permitsv1.EiaProject, on law.Date) {
	given, filed := c.Class.Document, p.GetDocument()
	if given == filed {
		return
	}
	zh, en := DocumentName(given, on).Zh, DocumentName(given, on).En
	if p.GetOverrideReason() == "" {
		c.Wrong.Add("project.document", documentCode(filed), "DOCUMENT_NOT_BY_RULE",
			"按名录应为“"+zh+"”；如另作判定，请写明理由。", "By the list this is: "+en+". To file another kind, give the reason.")
		return
	}
	c.Doubtful.Add("project.overrideReason", "", "DOCUMENT_OVERRIDDEN",
		"文件类别与名录判定（"+zh+"）不同，请核对理由。", "The kind differs from the list's ("+en+"); check the reason.")
}

func (c *Checked) checkMoney(p *permitsv1.EiaProject) {
	if p.GetEnvironmentalInvestmentFen() > p.GetInvestmentFen() {
		c.Wrong.Add("project.environmentalInvestmentFen", fmt.Sprint(p.GetEnvironmentalInvestmentFen()), "MORE_THAN_TOTAL",
			"环保投资不能大于总投资。", "Environmental investment cannot exceed the total.")
	}
}

func (c *Checked) checkRow(p *permitsv1.EiaProject) {
	row := c.Class.Row
	if (len(row.Codes) > 0 || len(row.Divisions) > 0) && !row.Matches(p.GetIndustry()) {
		c.Doubtful.Add("project.industry", p.GetIndustry(), "ROW_OTHER_INDUSTRY",
			"行业代码与名录项目类别不一致，请核对。", "The industry code is not one that the row names; check it.")
	}
	if p.GetAnswers().GetSensitiveArea() && row.SensitiveArea == "" {
		c.Doubtful.Add("project.answers.sensitiveArea", "true", "NO_SENSITIVE_AREA",
			"名录该项没有规定环境敏感区。", "The row names no sensitive area.")
	}
	if p.GetNature() != permitsv1.ProjectNature_PROJECT_NATURE_NEW && p.GetDocument() != Registration && p.GetExistingRemedy() == "" {
		c.Wrong.Add("project.existingRemedy", "", "EXISTING_REMEDY_MISSING",
			"改建、扩建和技术改造项目须写明以新带老措施。", "An expansion or change has to say how it deals with existing pollution.")
	}
}

func (c *Checked) checkRegistration(p *permitsv1.EiaProject, on law.Date) {
	operation := day(p.GetOperationFrom())
	switch {
	case operation.IsZero():
		c.Wrong.Add("project.operationFrom", "", "OPERATION_DAY_MISSING",
			"请填写计划投入运行日期。", "Enter the day on which operation is to begin.")
	case operation.Before(on):
		c.Wrong.Add("project.operationFrom", operation.String(), "FILED_AFTER_OPERATION",
			"登记表须在投入运行前备案。", "A registration form is filed before operation begins.")
	}
}

// checkDocument asks for what a report or form has and a registration form has
// not.
func (c *Checked) checkDocument(p *permitsv1.EiaProject) {
	need := func(path, value, zh, en string) {
		if value == "" {
			c.Wrong.Add(path, "", "REQUIRED", "请填写"+zh+"。", "Enter the "+en+".")
		}
	}
	need("project.projectCode", p.GetProjectCode(), "项目代码", "project code")
	need("project.consultancy", p.GetConsultancy(), "编制单位", "consultancy")
	need("project.compilerCreditNumber", p.GetCompilerCreditNumber(), "编制主持人信用编号", "chief compiler's credit number")
	if p.GetCompiler().GetName() == "" {
		need("project.compiler.name", "", "编制主持人", "chief compiler")
	}
	for _, f := range identifier.USCC(p.GetConsultancyUscc()) {
		if f.Severity == law.Error {
			c.Wrong.Add("project.consultancyUscc", p.GetConsultancyUscc(), f.Reason, f.Zh, f.En)
		}
	}
	if !hasFile(p, "eia-document") {
		c.Wrong.Add("project.attachments", "", "DOCUMENT_MISSING",
			"请上传环评文件全本。", "Upload the document in full.")
	}
}

func hasFile(p *permitsv1.EiaProject, kind string) bool {
	for _, f := range p.GetAttachments() {
		if f.GetKind() == kind {
			return true
		}
	}
	return false
}

// IsConflict reports whether a screening forbids the project.
func IsConflict(s *permitsv1.Screening) bool {
	return s.GetVerdict() == permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT
}

// secondary are the items that may be missing on a promise, for a kind.
func secondary(lists law.View, document permitsv1.EiaDocument) (items []string) {
	for _, w := range lists.EIAPractice().Guide(documentCode(document)).Secondary {
		items = append(items, w.Zh)
	}
	slices.Sort(items)
	return items
}

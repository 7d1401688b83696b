package permit

import (
	"fmt"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// reader walks the content of an application and collects what is wrong with
// it and what is doubtful, with JSON paths from the request's root.
type reader struct {
	content  *permitsv1.ApplicationContent
	lists    law.View
	wrong    problem.Fields
	doubtful problem.Fields
	outlets  map[string]bool
	limited  map[[2]string]bool // outlet, pollutant
}

// CheckContent judges an application's content on its own: errors stop the
// filing, warnings do not. Pollutants and industry rows are looked up in the
// lists of the given day.
func CheckContent(content *permitsv1.ApplicationContent, lists law.View) (wrong, doubtful problem.Fields) {
	r := reader{content: content, lists: lists, outlets: map[string]bool{}, limited: map[[2]string]bool{}}
	r.general()
	r.readOutlets()
	r.readEquipment()
	r.readLimits()
	r.readMonitoring()
	return r.wrong, r.doubtful
}

func (r *reader) general() {
	if strings.TrimSpace(r.content.GetEiaNumber()) == "" {
		r.wrong.Add("content.eiaNumber", r.content.GetEiaNumber(), "EIA_NUMBER_MISSING",
			"请填写环评批复或者备案编号（条例第十一条第一项）。",
			"Enter the number of the EIA approval or registration (Decree 736 Art. 11(1)).")
	}
	if !r.content.GetDeclaredTrue() {
		r.wrong.Add("content.declaredTrue", "false", "DECLARATION_MISSING",
			"请承诺申请材料真实、完整（条例第七条）。",
			"Declare that the application is true and complete (Decree 736 Art. 7).")
	}
	row, ok := r.lists.PermitRow(int(r.content.GetClassificationRow()))
	if !ok {
		r.wrong.Add("content.classificationRow", fmt.Sprint(r.content.GetClassificationRow()), "CLASSIFICATION_ROW_UNKNOWN",
			"分类管理名录没有这一行，请从名录中选择。",
			"The classification list has no such row. Choose one from the list.")
		return
	}
	if class := r.content.GetManagementClass(); class == key && row.Key.Rule == catalogue.NoCriterion ||
		class == simplified && row.Simplified.Rule == catalogue.NoCriterion {
		r.doubtful.Add("content.managementClass", class.String(), "CLASS_NOT_IN_ROW",
			"名录该行没有这一管理类别，请核对是否因通用工序纳入。",
			"This row of the list knows no such class; check whether a general process brings the site under it.")
	}
}

func (r *reader) readOutlets() {
	for i, o := range r.content.GetOutlets() {
		at := fmt.Sprintf("content.outlets[%d].", i)
		if r.outlets[o.GetCode()] {
			r.wrong.Add(at+"code", o.GetCode(), "OUTLET_TWICE",
				"排放口编号重复；同一场所内编号应唯一（HJ 608）。", "This outlet code stands twice; codes are unique inside a site (HJ 608).")
		}
		r.outlets[o.GetCode()] = true
		switch {
		case strings.HasPrefix(o.GetCode(), "DW") && strings.TrimSpace(o.GetReceivingWater()) == "":
			r.doubtful.Add(at+"receivingWater", "", "RECEIVING_WATER_MISSING",
				"废水排放口未填受纳水体或者去向。", "This water outlet names no receiving water.")
		case strings.HasPrefix(o.GetCode(), "DA") && o.GetHeightMm() == 0:
			r.doubtful.Add(at+"heightMm", "0", "HEIGHT_MISSING",
				"废气排放口未填排气筒高度。", "This air outlet states no height.")
		}
	}
}

func (r *reader) readEquipment() {
	seen := map[string]bool{}
	unique := func(at, code string) {
		if seen[code] {
			r.wrong.Add(at, code, "CODE_TWICE", "设施编号重复。", "This code stands twice.")
		}
		seen[code] = true
	}
	for i, f := range r.content.GetFacilities() {
		unique(fmt.Sprintf("content.facilities[%d].code", i), f.GetCode())
	}
	for i, a := range r.content.GetAbatements() {
		unique(fmt.Sprintf("content.abatements[%d].code", i), a.GetCode())
		if a.GetOutlet() != "" {
			r.knownOutlet(fmt.Sprintf("content.abatements[%d].outlet", i), a.GetOutlet())
		}
	}
	hashes := map[string]bool{}
	for i, a := range r.content.GetAttachments() {
		if hashes[a.GetSha256()] {
			r.doubtful.Add(fmt.Sprintf("content.attachments[%d].sha256", i), a.GetSha256(), "ATTACHMENT_TWICE",
				"同一文件附了两次。", "The same file is attached twice.")
		}
		hashes[a.GetSha256()] = true
	}
}

func (r *reader) readLimits() {
	withLimit := map[string]bool{}
	checkLimits(r, "content.limits", r.content.GetLimits())
	for _, l := range r.content.GetLimits() {
		withLimit[l.GetOutlet()] = true
		r.limited[[2]string{l.GetOutlet(), l.GetPollutant()}] = true
	}
	for i, o := range r.content.GetOutlets() {
		if !withLimit[o.GetCode()] && !strings.HasPrefix(o.GetCode(), "YS") {
			r.doubtful.Add(fmt.Sprintf("content.outlets[%d].code", i), o.GetCode(), "OUTLET_WITHOUT_LIMIT",
				"该排放口没有申请任何排放限值。", "No limit is asked for at this outlet.")
		}
	}
}

// checkLimits judges a table of limits, of an application or of an examiner.
func checkLimits(r *reader, root string, limits []*permitsv1.Limit) {
	seen := map[[2]string]bool{}
	for i, l := range limits {
		at := fmt.Sprintf("%s[%d].", root, i)
		r.knownOutlet(at+"outlet", l.GetOutlet())
		pair := [2]string{l.GetOutlet(), l.GetPollutant()}
		if seen[pair] {
			r.wrong.Add(at+"pollutant", l.GetPollutant(), "LIMIT_TWICE",
				"同一排放口的同一污染物列了两次。", "This pollutant stands twice for the same outlet.")
		}
		seen[pair] = true
		pollutant, known := r.pollutant(at+"pollutant", l.GetOutlet(), l.GetPollutant())
		r.amounts(at, l, pollutant, known)
		if strings.TrimSpace(l.GetStandard()) == "" {
			r.wrong.Add(at+"standard", l.GetStandard(), "STANDARD_MISSING",
				"请写明限值所依据的排放标准（条例第十一条第二项）。",
				"Name the standard that the limit comes from (Decree 736 Art. 11(2)).")
		}
	}
}

func (r *reader) amounts(at string, l *permitsv1.Limit, pollutant catalogue.Pollutant, known bool) {
	if l.GetConcentration() == "" {
		if l.GetMassGramsPerYear() == 0 {
			r.wrong.Add(at+"concentration", "", "LIMIT_MISSING",
				"浓度限值和年排放量限值至少填一项（条例第十一条第二项）。",
				"Enter a concentration or a yearly mass (Decree 736 Art. 11(2)).")
		}
		return
	}
	if strings.Trim(l.GetConcentration(), "0.") == "" {
		r.wrong.Add(at+"concentration", l.GetConcentration(), "LIMIT_ZERO",
			"浓度限值应大于零；禁止排放的污染物不列限值。", "A limit is above zero; what must not be discharged has no limit.")
	}
	if known && l.GetUnit() != pollutant.Unit && l.GetUnit() != pollutant.UnitUsual {
		r.wrong.Add(at+"unit", l.GetUnit(), "UNIT_UNKNOWN",
			"该污染物的浓度单位应为 "+pollutant.Unit+"。", "The unit of this pollutant is "+pollutant.Unit+".")
	}
	if l.GetAveraging() == permitsv1.Averaging_AVERAGING_UNSPECIFIED {
		r.wrong.Add(at+"averaging", "", "AVERAGING_MISSING",
			"请选择浓度限值的均值时段：小时或者日。", "Say what the concentration is averaged over: an hour or a day.")
	}
}

func (r *reader) readMonitoring() {
	monitored := map[[2]string]bool{}
	for i, m := range r.content.GetMonitoring() {
		at := fmt.Sprintf("content.monitoring[%d].", i)
		r.knownOutlet(at+"outlet", m.GetOutlet())
		r.pollutant(at+"pollutant", m.GetOutlet(), m.GetPollutant())
		monitored[[2]string{m.GetOutlet(), m.GetPollutant()}] = true
		if m.GetAutomatic() != (m.GetFrequency() == "continuous") {
			r.doubtful.Add(at+"frequency", m.GetFrequency(), "FREQUENCY_DOUBTFUL",
				"自动监测一般为连续，手工监测不会是连续，请核对。", "Automatic monitoring is continuous and manual is not; check this.")
		}
	}
	if len(monitored) == 0 {
		r.doubtful.Add("content.monitoring", "0", "MONITORING_MISSING",
			"没有自行监测方案；不符合时不能准予许可（条例第十一条第四项）。",
			"There is no self-monitoring plan; without one no permit can be granted (Decree 736 Art. 11(4)).")
		return
	}
	for i, l := range r.content.GetLimits() {
		if !monitored[[2]string{l.GetOutlet(), l.GetPollutant()}] {
			r.doubtful.Add(fmt.Sprintf("content.limits[%d].pollutant", i), l.GetPollutant(), "LIMIT_NOT_MONITORED",
				"该排放口的这一污染物没有列入自行监测方案。", "The self-monitoring plan leaves this pollutant out.")
		}
	}
}

func (r *reader) knownOutlet(path, code string) {
	if !r.outlets[code] {
		r.wrong.Add(path, code, "OUTLET_UNKNOWN",
			"申请内容里没有这个排放口，请先在排放口一栏登记。", "The application lists no such outlet. Enter the outlet first.")
	}
}

// pollutant looks a code up and compares its medium with the outlet's: DA is
// air, DW and YS are water (HJ 608, HJ 212).
func (r *reader) pollutant(path, outlet, code string) (catalogue.Pollutant, bool) {
	p, ok := r.lists.Pollutant(code)
	if !ok {
		r.wrong.Add(path, code, "POLLUTANT_UNKNOWN",
			"污染物代码不在 HJ 212 代码表中，请从列表中选择。", "The code is not in the list of HJ 212. Choose one from the list.")
		return p, false
	}
	want := "water"
	if strings.HasPrefix(outlet, "DA") {
		want = "air"
	}
	if p.Medium != want {
		r.wrong.Add(path, code, "POLLUTANT_MEDIUM",
			"污染物与排放口介质不符：废气排放口用 a 开头的代码，废水排放口用 w 开头的代码。",
			"The pollutant does not fit the outlet: air outlets take codes with a, water outlets with w.")
	}
	return p, true
}

// GrantConditions lists what the content still lacks for a permit to be granted
// 准予许可的条件 (D736 Art. 11): what is wrong with it at all, and the
// self-monitoring plan. The EIA number and a standard and limit for every row
// are part of the former.
func GrantConditions(content *permitsv1.ApplicationContent, lists law.View) problem.Fields {
	wrong, doubtful := CheckContent(content, lists)
	for _, f := range doubtful {
		if f.Reason == "MONITORING_MISSING" {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

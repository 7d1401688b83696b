package zoning

import (
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func t(zh, en string) words.Text { return words.T(zh, en) }

// Texts of the pages.
var (
	title       = t("分区管控", "Zoning")
	lead        = t("生态环境分区管控（三线一单）成果：管控单元和准入清单。", "Editions of control units with their access lists.")
	editionKind = t("分区管控成果", "Edition of control units")
	parkKind    = t("园区规划环评", "Plan EIA of a park")
	editionsTab = t("管控成果", "Editions")
	screenTab   = t("研判", "Screening")
	parksTab    = t("园区规划环评", "Parks")
	noEditions  = t("尚未装载分区管控成果；项目不做研判。", "No edition is loaded; projects are not screened.")
	version     = t("版本", "Version")
	validFrom   = t("起用日期", "First day")
	unitsText   = t("管控单元", "Control units")
	source      = t("发布文件", "Document")
	inForce     = t("现行", "In force")
	withdrawn   = t("已撤下", "Taken back")
	notCurrent  = t("非现行", "Not in force")
	loadTitle   = t("装载成果", "Load an edition")
	loadLead    = t("粘贴 GeoJSON（FeatureCollection，每个要素一个单元）：属性 code、name、kind（priority、key、general）、divisions、rows；没有面的单元按县区研判。", "Paste GeoJSON (a FeatureCollection, one feature a unit) with the properties code, name, kind (priority, key, general), divisions and rows; a unit without a polygon is found by county.")
	nameField   = t("成果名称", "Name")
	content     = t("文件内容", "Content of the file")
	fileHash    = t("文件 SHA-256", "SHA-256 of the file")
	takeBack    = t("撤下该版成果", "Take the edition back")
	why         = t("理由", "Reason")
	corners     = t("界址点", "Corners")
	byCounty    = t("按县区", "by county")
	rowsText    = t("准入清单", "Access list")
	compareText = t("比对：哪些项目的结论会改变", "Compare: which projects it would judge otherwise")
	compareLead = t("已研判 %d 个项目，其中 %d 个结论会改变。", "%d projects were looked at; %d of them would be judged otherwise.")
	noFlips     = t("没有项目的结论会改变。", "No project would be judged otherwise.")
	projectText = t("项目", "Project")
	beforeText  = t("原结论", "As stored")
	afterText   = t("按该版", "By this edition")
	screenLead  = t("按今天有效的成果研判一个位置和行业，不作记录。", "Screens a place and an industry with the edition of today; nothing is recorded.")
	wordsField  = t("工艺、污染物（用顿号分开）", "Processes and pollutants (with commas)")
	industry    = t("行业代码", "Industry")
	judge       = t("研判", "Screen")
	resultText  = t("结论", "Result")
	noResult    = t("今天没有有效的分区管控成果。", "No edition holds today.")
	noRows      = t("没有适用的准入要求。", "No row applies.")
	noParks     = t("登记簿里还没有园区。", "The register holds no park yet.")
	parksLead   = t("规划环评联动：在园区内的项目，研判时读取园区负面清单。", "The screening of a project in a park reads the park’s negative list.")
	newParkText = t("登记园区", "Enter a park")
	changeText  = t("变更登记", "Change the entry")
	parkName    = t("园区", "Park")
	plan        = t("规划名称", "Plan")
	opinion     = t("审查意见文号", "Opinion on its EIA")
	opinionBy   = t("审查机关", "Given by")
	opinionOn   = t("审查日期", "Of")
	validTo     = t("规划有效期至", "Plan until")
	negative    = t("负面清单", "Negative list")
	rowNo       = t("第 %d 条", "Row %d")
	addRow      = t("增加一条", "Add a row")
	rowLabel    = t("序号", "Number")
	accessLabel = t("要求", "Access")
	industries  = t("行业代码前缀（用空格分开）", "Industry prefixes (with spaces)")
	rowWords    = t("工艺或污染物（用空格分开）", "Processes or pollutants (with spaces)")
	wordsHead   = t("工艺或污染物", "Processes or pollutants")
	rowText     = t("条文", "Text")
	expired     = t("规划已过期", "Plan expired")
)

var unitKinds = []words.Named{
	{Code: permitsv1.UnitKind_UNIT_KIND_PRIORITY.String(), Text: t("优先保护单元", "Priority protection")},
	{Code: permitsv1.UnitKind_UNIT_KIND_KEY.String(), Text: t("重点管控单元", "Key control")},
	{Code: permitsv1.UnitKind_UNIT_KIND_GENERAL.String(), Text: t("一般管控单元", "General control")},
}

var accesses = []words.Named{
	{Code: permitsv1.Access_ACCESS_FORBIDDEN.String(), Text: t("禁止", "Forbidden")},
	{Code: permitsv1.Access_ACCESS_LIMITED.String(), Text: t("限制", "Limited")},
	{Code: permitsv1.Access_ACCESS_ALLOWED.String(), Text: t("允许", "Allowed")},
}

var verdicts = []words.Named{
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM.String(), Text: t("符合", "Conforms")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS.String(), Text: t("有条件", "With conditions")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT.String(), Text: t("冲突", "Conflict")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_NOT_COVERED.String(), Text: t("未覆盖", "Not covered")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_UNSPECIFIED.String(), Text: t("未研判", "Not screened")},
}

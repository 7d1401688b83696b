package register

import "shiyang/gateway/web/words"

var (
	title       = words.T("公开查询", "Public register")
	lead        = words.T("排污许可证：内容、版本和状态。注销、撤销的也留在登记簿里。", "Discharge permits with what they say, their versions and where they stand. Those that ended stay in the register.")
	query       = words.T("单位名称、信用代码或许可证号", "Name, USCC or permit number")
	none        = words.T("没有符合条件的条目。可以缩短关键词，或改选县区、状态。", "No entry matches. Use fewer words, or another county or state.")
	find        = words.T("查询", "Find")
	all         = words.T("全部", "All")
	state       = words.T("状态", "State")
	numberWord  = words.T("许可证编号", "Permit number")
	noNumber    = words.T("待国家平台编号", "Waits for its national number")
	permitOf    = words.T("%s排污许可证", "Discharge permit of %s")
	versionsOf  = words.T("版本", "Versions")
	versionName = words.T("第 %d 版", "Version %d")
	versionNow  = words.T("当前", "current")
	versionThen = words.T("这是第 %d 版发布时的内容", "This is what version %d said when it was published")
	toCurrent   = words.T("看现在的内容", "See it as it is now")
	fromDay     = words.T("%s 起 · %s", "from %s · %s")

	mapTitle   = words.T("位置", "Where it is")
	mapName    = words.T("武威市示意图：场所在东经 %s、北纬 %s", "Sketch of Wuwei: the site is at %s E, %s N")
	mapNote    = words.T("示意图，方格为经纬度半度，不作为定界依据。", "A sketch with a grid of half degrees; it fixes no boundary.")
	mapOutside = words.T("坐标不在武威市范围内，不画图。", "The coordinates lie outside of Wuwei, so nothing is drawn.")
	degrees    = words.T("东经 %s°，北纬 %s°", "%s° E, %s° N")
	noPlace    = words.T("没有登记坐标。", "No coordinates are registered.")
	sketch     = words.T("场所内排放口", "Outlets on the site")
	sketchName = words.T("排放口相对位置图，比例尺 %s", "Outlets beside each other, scale %s")
	siteMark   = words.T("场所", "site")
	asGeoJSON  = words.T("GeoJSON 坐标", "Position as GeoJSON")

	hiddenTitle = words.T("不公开的内容和依据", "What is not public, and why")
	hiddenCount = words.N("%d 项不公开或只公开一部分", "%d field is not public or only in part", "%d fields are not public or only in part")
	asJSON      = words.T("这一条的数据（JSON）", "This entry as data (JSON)")
	changeOf    = words.T("最近一次变更的日志位置", "Log position of the latest change")

	copyTitle = words.T("要全部数据？", "All of it?")
	copyLead  = words.T("全部条目可以下载，之后的变更可以订阅，署名即可使用。", "Every entry can be downloaded, and the changes after that be followed. Name the source, that is all.")
	copyLink  = words.T("开放数据", "Open data")

	openTitle    = words.T("开放数据", "Open data")
	openLead     = words.T("登记簿的全部公开内容，任何人不用注册就能下载、镜像和核对。", "All that is public of the register. Anybody may download, mirror and check it; no account is needed.")
	licenceTitle = words.T("使用许可", "Licence")
	licenceBody  = words.T("数据按 %s 发布。注明来源“%s”和位置号，即可复制、改编、商用。", "The data is published under %s. Name the source “%s” and the position; then copy, change and sell as you like.")
	positionOf   = words.T("登记簿现在的位置", "Position of the register now")
	recordedAt   = words.T("录入于", "Recorded at")
	nothingYet   = words.T("还没有公开的条目。", "Nothing has been published yet.")

	filesTitle = words.T("文件", "Files")
	fileName   = words.T("文件名", "File")
	fileHolds  = words.T("内容", "What it holds")
	forPeople  = words.T("中文表头", "Heads in English")
	headsWord  = words.T("给人看的表头", "Heads for people")
	filesNote  = words.T("每个文件都写明截至哪个位置（X-Register-Position）。加参数 at（某个位置）得到当时的内容。用 If-None-Match 带上次的 ETag，没有变化就只答 304。CSV 为 UTF-8 带 BOM。",
		"Every file says as of which position it is (X-Register-Position). Add ?at=position for what it was then. Send If-None-Match with the last ETag: no change is answered 304. CSV is UTF-8 with a byte order mark.")

	feedTitle = words.T("订阅变更", "Follow the changes")
	feedLead  = words.T("先下载一个文件，再从它的位置起读变更；每次答复里的 next 是下次的起点。", "Download a file, then read the changes since its position. The answer's next is where to go on.")
	feedCall  = words.T("调用", "Call")
	feedShape = words.T("每条变更：position 位置，sequence 从 1 起不间断的序号（缺一条就看得出来），change 是 published（新公布）、changed（变更）、ended（不再有效，仍在登记簿）、withdrawn（撤出登记簿，请删除副本），entry 是变更后的整条内容。",
		"Each change has its position; a sequence from 1 without gaps, so that a missing one shows; a change: published, changed, ended (no longer in force, still in the register) or withdrawn (gone from the register: delete your copy); and the entry as it is after the change.")
	feedPolite = words.T("答复可缓存 60 秒，请每分钟最多问一次。位置一经发布不再改变。", "Answers may be kept for 60 seconds; ask once a minute at most. A position never changes.")
	apiDoc     = words.T("接口说明（OpenAPI）", "All calls (OpenAPI)")

	rulesTitle = words.T("逐项公开规则", "Rules, field by field")
	rulesLead  = words.T("哪一项公开、部分公开或不公开，由这张表决定，每项有依据；表里没有的不公开。", "This table decides which field is public, masked or withheld, each with its basis. What is not in it is not published.")
	ruleField  = words.T("字段", "Field")
	rulePath   = words.T("数据中的名称", "Name in the data")
	ruleHow    = words.T("公开方式", "Published")
	ruleBasis  = words.T("依据", "Basis")
	allRules   = words.N("全部 %d 项", "all of %d", "all %d")
)

// states are the choices of the filter.
var states = []words.Named{
	{Code: "in_force", Text: words.T("有效", "In force")},
	{Code: "ended", Text: words.T("不再有效或暂扣", "No longer in force, or taken away")},
}

var classes = []words.Named{
	{Code: "key", Text: words.T("重点管理", "Key management")},
	{Code: "simplified", Text: words.T("简化管理", "Simplified management")},
}

// publishes are the ways to publish a field.
var publishes = []words.Named{
	{Code: "PUBLISH_PUBLIC", Text: words.T("公开", "public")},
	{Code: "PUBLISH_MASKED", Text: words.T("部分公开", "in part")},
	{Code: "PUBLISH_WITHHELD", Text: words.T("不公开", "withheld")},
}

// fields are names of public fields that histories do not have.
var fields = map[string]words.Text{
	"kind": words.T("种类", "Kind"), "number": words.T("编号", "Number"), "class": words.T("管理类别", "Class"),
	"statusText": words.T("状态说明", "State in words"), "inForce": words.T("是否有效", "In force"), "version": words.T("版本", "Version"),
	"position": words.T("变更位置", "Position of the change"), "id": words.T("记录标识", "Id of the record"),
	"baseData": words.T("持证单位", "Holder"), "domicile": words.T("住所", "Registered office"), "conditions": words.T("许可条件", "Conditions"),
	"text": words.T("内容", "Text"), "basis": words.T("依据", "Basis"),
}

// seats of the counties on the sketch, in degrees.
var seats = []struct {
	name     words.Text
	lon, lat float64
}{
	{words.T("凉州", "Liangzhou"), 102.64, 37.93},
	{words.T("民勤", "Minqin"), 103.09, 38.62},
	{words.T("古浪", "Gulang"), 102.90, 37.47},
	{words.T("天祝", "Tianzhu"), 103.14, 36.97},
}

package words

// Texts of the acts in the procedure of a permit.
var (
	NoticeFrom         = Text{"公开起始日", "First day of the notice"}
	NoticeURL          = Text{"公开网址", "Where it can be read"}
	NoticeURLHint      = Text{"全国排污许可证管理信息平台或其他规定网址。", "On the national platform or another prescribed site."}
	DeficiencyItems    = Text{"需补正的全部内容", "Everything that is missing"}
	CorrectedItems     = Text{"当场更正的内容", "What was corrected on the spot"}
	ItemsHint          = Text{"一次告知全部内容，不能分次告知。", "Tell all of it at once; there is no second notice."}
	ItemNo             = Text{"事项 %d", "Item %d"}
	AddItem            = Text{"添加事项", "Add an item"}
	ItemPath           = Text{"涉及的内容", "Part concerned"}
	ItemPathHint       = Text{"从列表选，或写路径，例如 limits[2]。", "From the list, or a path such as limits[2]."}
	ItemWhat           = Text{"缺什么、交什么", "What is missing and what to hand in"}
	DeclineGround      = Text{"不予受理的理由", "Ground"}
	DeclineReason      = Text{"说明", "Explanation"}
	DeclineReasonHint  = Text{"不属于本机关职权的，写明应向哪个机关申请。", "If another authority decides, name it."}
	PauseWhy           = Text{"不计入期限的事由", "Why the clock stands still"}
	PauseFrom          = Text{"不计的第一日", "First day that does not count"}
	PauseLast          = Text{"不计的最后一日", "Last day that does not count"}
	Finding            = Text{"结果", "Finding"}
	VisitDay           = Text{"核查日期", "Day of the visit"}
	Officers           = Text{"核查人员", "Officers on the site"}
	OfficersHint       = Text{"选实际到场的人，至少两人。", "Choose who was there, at least two."}
	Recommendation     = Text{"审查建议", "Recommendation"}
	RecommendGrant     = Text{"建议准予许可", "To grant"}
	RecommendRefusal   = Text{"建议不予许可", "To refuse"}
	Opinion            = Text{"审查意见", "Opinion"}
	OpinionHint        = Text{"写明理由；只有局内人员能看到。", "With reasons; only the bureau sees it."}
	ProposedLimits     = Text{"建议的限值", "Proposed limits"}
	ProposedLimitsHint = Text{"与申请一致时不用填。", "Leave empty if the limits applied for stand."}
	ValidFrom          = Text{"有效期起", "Valid from"}
	ValidFromHint      = Text{"不填为决定当日，有效期五年。", "If empty, the day of the decision; valid for five years."}
	ExternalNumber     = Text{"全国平台许可证号", "Number of the national platform"}
	ExternalNumberHint = Text{"已有编号时填写，22 位；不填由本系统编号。", "22 characters, if it has one; otherwise this system gives a number."}
	Conditions         = Text{"管理要求", "Conditions"}
	Unmet              = Text{"未满足的许可条件", "Conditions that are not met"}
	RefusalReasons     = Text{"不予许可的理由", "Reasons of the refusal"}
	RefusalReasonsHint = Text{"写入决定书，告知复议和诉讼的权利由系统附上。", "They stand in the decision; the remedies are added by the system."}
	DeliveredOn        = Text{"送达日期", "Day it was handed over"}
	DeliveryHow        = Text{"送达方式", "How"}
	WithdrawWhy        = Text{"撤回原因", "Why it is taken back"}
	ReturnWhy          = Text{"要重新审查的问题", "What has to be looked at again"}
)

// ItemPaths are the parts of an application that a deficiency can concern.
var ItemPaths = []Named{
	{"managementClass", ClassLabel},
	{"industry", Industry},
	{"eiaNumber", EiaNumber},
	{"facilities", Facilities},
	{"abatements", Abatements},
	{"outlets", Outlets},
	{"limits", Limits},
	{"monitoring", MonitoringPlan},
	{"attachments", Attachments},
}

// Texts of the acts' pages: the same words on the button, on the title and in
// the list of acts.
var (
	DoPublishNotice = Text{"登记申请前公开", "Record the public notice"}
	DoAccept        = Text{"受理申请", "Accept the application"}
	DoDeficiency    = Text{"发出补正通知", "Send the deficiency notice"}
	DoCorrect       = Text{"登记当场更正", "Record the correction"}
	DoDecline       = Text{"不予受理", "Decline the application"}
	DoPause         = Text{"中止期限", "Stop the clock"}
	DoResume        = Text{"恢复期限", "Start the clock again"}
	DoSiteCheck     = Text{"登记现场核查", "Record the site check"}
	DoExamine       = Text{"提交审查意见", "Report the examination"}
	DoReturn        = Text{"退回重新审查", "Return to the examiner"}
	DoIssue         = Text{"核发许可证", "Issue the permit"}
	DoRefuse        = Text{"不予许可", "Refuse the permit"}
	DoDeliver       = Text{"登记送达", "Record the delivery"}
	DoWithdraw      = Text{"撤回申请", "Withdraw the application"}

	LeadPublishNotice = Text{"重点管理在提交前公开申请的基本信息，不少于 5 个工作日。", "Under key management the basic data are public for at least 5 working days before filing."}
	LeadAccept        = Text{"材料齐全、符合法定形式，书面受理；决定期限从受理起算。", "The application is complete and in due form. The time to decide runs from acceptance."}
	LeadDeficiency    = Text{"收到申请后 5 日内一次告知需补正的全部内容；逾期不告知，自收到之日起即为受理。", "Within 5 days of receipt, once and for all; otherwise the application counts as accepted on the day of receipt."}
	LeadCorrect       = Text{"申请人在窗口更正可以当场更正的错误，更正后的内容代替原内容。", "The applicant corrects errors at the counter; the content below replaces the former."}
	LeadDecline       = Text{"依法不需要许可，或不属于本机关职权。", "No permit is needed, or another authority decides."}
	LeadPause         = Text{"听证、检验检测、专家评审、技术评估的时间不计入决定期限，并书面告知申请人。", "Time for a hearing, test, expert review or assessment does not count; the applicant is told in writing."}
	LeadResume        = Text{"写明最后一个不计的日子，期限从次日继续。", "Name the last day that does not count; the clock goes on the day after."}
	LeadSiteCheck     = Text{"至少两名工作人员到场。重点管理经现场核查的，决定期限为 45 个工作日。", "At least two officers. Under key management with a site check the time to decide is 45 working days."}
	LeadExamine       = Text{"写明准予或不予的建议和理由，由决定人员作出决定。", "Recommend with reasons; the decider decides."}
	LeadReturn        = Text{"退回后由审查人员重新提交意见，期限不因此停止。", "The examiner reports again; the clock does not stop."}
	LeadIssue         = Text{"准予许可并编号，公开登记随即更新。", "Grants and numbers the permit; the public register follows at once."}
	LeadRefuse        = Text{"书面说明理由，并告知申请复议和提起诉讼的权利。", "States the reasons in writing and tells of the remedies."}
	LeadDeliver       = Text{"作出决定后 10 个工作日内送达。", "Within 10 working days of the decision."}
	LeadWithdraw      = Text{"撤回后这次申请结束，可以重新申请。", "Ends this application; another can be made."}
)

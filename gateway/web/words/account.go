package words

// Texts of the front door and of the own account.
var (
	SignIn         = Text{"登录", "Sign in"}
	FrontTitle     = Text{"从申请到归档，每一步都留得住、说得清", "From application to archive: every step kept and explained"}
	FrontLead      = Text{"排污许可写成一条不能改、可以核验的记录。今天看到的状态，都能回到当时的样子。", "Discharge permits, kept as one record that cannot be edited and can be verified. Any state seen today can be seen as it was."}
	SignInWith     = Text{"用账号登录", "Sign in with your account"}
	Login          = Text{"账号", "Sign-in name"}
	Password       = Text{"口令", "Password"}
	PasswordHint   = Text{"可以粘贴。连续 5 次错误后锁定：先 1 分钟，再错加倍。", "You may paste it. After 5 failures sign-in is locked: one minute at first, then twice as long each time."}
	OpenAccount    = Text{"注册账号", "Open an account"}
	WithoutSignIn  = Text{"不登录也能查的", "Without signing in"}
	PublicRegister = Text{"公开查询", "Public register"}
	RegisterLead   = Text{"有效的排污许可证，企业、信用代码、许可证号均可查。", "Discharge permits in force, by name, USCC or number."}
	IndicatorsLead = Text{"规划列出的环境指标和完成情况。", "The indicators of the plan and what was reached."}
	PlacesLead     = Text{"规划列出的县区、园区、企业、河流和断面。", "Counties, parks, firms, rivers and sections that the plan names."}

	OpenAccountLead = Text{"企业人员和受托机构人员在这里注册；局内账号由系统管理员开立。", "For people of firms and their consultants. The system administrator opens accounts of the bureau."}
	LoginHint       = Text{"3 到 40 个字符：小写字母开头，可用小写字母、数字、点、横线和下划线。不用本人姓名。", "3 to 40 characters: begins with a small letter, then small letters, digits, dots, hyphens, underscores. Do not use your own name."}
	NewPassword     = Text{"新口令", "New password"}
	NewPasswordHint = Text{"至少 12 个字符，可以粘贴。", "At least 12 characters. You may paste it."}
	OldPassword     = Text{"现在的口令", "Password now"}
	PersonName      = Text{"姓名", "Name"}
	Phone           = Text{"联系电话", "Telephone"}
	OpenedAccount   = Text{"账号已注册。用它登录，再申请代表企业办事。", "The account is open. Sign in with it, then ask to act for a firm."}
	SignInFirst     = Text{"先登录，再继续。", "Sign in to go on."}

	MyAccount       = Text{"我的账号", "My account"}
	AccountNumber   = Text{"账号编号", "Account id"}
	ChangePassword  = Text{"修改口令", "Change password"}
	PasswordChanged = Text{"口令已修改。", "The password has been changed."}
	MySeats         = Text{"我的身份", "My capacities"}
	SeatsLead       = Text{"一次只用一种身份办事，记录里写明是哪一种。", "You act in one capacity at a time, and the record says in which."}
	UseSeat         = Text{"以此身份办事", "Act in this capacity"}
	SeatInUse       = Text{"正在使用", "In use"}
	NoSeats         = Text{"还没有身份。申请代表企业办事，或用邀请码加入企业。", "You have no capacity yet. Ask to act for a firm, or join one with an invitation code."}
	MandateTo       = Text{"授权至 %s", "mandate until %s"}
	MandateEnds     = Text{"授权届满", "Mandate ends"}
	NoSeat          = Text{"未选身份", "no capacity"}
)

// Texts of firms and their people.
var (
	ActForFirm          = Text{"申请代表企业办事", "Ask to act for a firm"}
	ActForFirmLead      = Text{"受理人员核对营业执照和授权书，通过后你成为该企业的管理员。", "A clerk checks the licence and the mandate. If they are in order you become the firm's administrator."}
	Uscc                = Text{"统一社会信用代码", "Unified social credit code"}
	UsccHint            = Text{"18 位，不含字母 I、O、S、V、Z。", "18 characters, without the letters I, O, S, V, Z."}
	UnitName            = Text{"单位名称", "Name of the unit"}
	UnitNameHint        = Text{"与营业执照一致。", "As on the business licence."}
	Licence             = Text{"营业执照", "Business licence"}
	FileHint            = Text{"PDF、JPG 或 PNG，不超过 20 MB。", "PDF, JPG or PNG, 20 MB at most."}
	Mandate             = Text{"授权委托书", "Mandate"}
	MandateHint         = Text{"法定代表人本人办理时不需要。", "Not needed if you are the legal representative."}
	IsLegal             = Text{"我是法定代表人", "I am the legal representative"}
	SendApplication     = Text{"提交申请", "Send the application"}
	AcceptInvitation    = Text{"用邀请码加入企业", "Join a firm with a code"}
	InvitationCode      = Text{"邀请码", "Invitation code"}
	InvitationHint      = Text{"企业管理员给你的一串字符，只能用一次。", "The characters that the firm's administrator gave you. They work once."}
	JoinFirm            = Text{"加入企业", "Join the firm"}
	FirmApplications    = Text{"企业代表申请", "Applications to act for a firm"}
	MyApplications      = Text{"我的代表申请", "My applications"}
	NoFirmApplications  = Text{"没有待核对的申请。", "No application is waiting."}
	NoOwnApplications   = Text{"还没有提出申请。", "You have not applied yet."}
	ApplicationOpen     = Text{"待核对", "To be checked"}
	ApplicationApproved = Text{"已通过", "Approved"}
	ApplicationRefused  = Text{"未通过", "Refused"}
	Applicant           = Text{"申请人", "Applicant"}
	DecideApplication   = Text{"核对代表申请", "Check the application"}
	DecisionQuestion    = Text{"核对结果", "Result"}
	Approve             = Text{"通过，成为企业管理员", "Approve: becomes the firm's administrator"}
	RefuseApplication   = Text{"不通过", "Refuse"}
	RefuseReason        = Text{"不通过的理由", "Reason of a refusal"}
	RecordResult        = Text{"登记结果", "Record the result"}

	FirmData         = Text{"企业信息", "Company data"}
	Members          = Text{"人员", "People"}
	Role             = Text{"身份", "Capacity"}
	InviteMember     = Text{"邀请人员", "Invite a person"}
	InviteLead       = Text{"生成一个只显示一次的邀请码，由你转交本人。", "Makes a code that is shown once; you hand it to the person."}
	MandateFrom      = Text{"授权起", "Mandate from"}
	MandateUntil     = Text{"授权止", "Mandate until"}
	ConsultantOnly   = Text{"只有受托咨询人员填写。", "Only for a consultant."}
	Invite           = Text{"生成邀请码", "Make the code"}
	InvitationMade   = Text{"邀请码只显示这一次", "The code is shown this once"}
	InvitationNext   = Text{"抄下来转交本人。离开这一页后无法再看，丢失时重新生成。", "Copy it and hand it over. It cannot be seen again after you leave this page; if it is lost, make another."}
	RevokeMember     = Text{"撤销人员", "Revoke a person"}
	RevokeMemberLead = Text{"撤销后立即不能再代表企业办事，已办的记录不变。", "The person can no longer act for the firm from now on; what was done stays."}
	Revoke           = Text{"撤销", "Revoke"}
	Revoked          = Text{"已撤销", "Revoked"}
	InForce          = Text{"有效", "In force"}
)

// Texts of account administration.
var (
	Accounts        = Text{"账号管理", "Accounts"}
	AccountsLead    = Text{"局内账号、角色和管辖县区。", "Accounts of the bureau, their roles and counties."}
	NoAccounts      = Text{"还没有账号。", "There are no accounts."}
	NewStaff        = Text{"开立局内账号", "Open an account of the bureau"}
	NewStaffLead    = Text{"开立后再授予角色；首次口令当面交给本人。", "Give it a role afterwards. Hand the first password over in person."}
	GrantRole       = Text{"授予角色", "Grant a role"}
	RevokeRole      = Text{"撤销角色", "Revoke a role"}
	DisableAccount  = Text{"停用账号", "Disable the account"}
	DisableLead     = Text{"停用后所有登录立即失效，记录保留。", "All its sessions end at once; its records stay."}
	Disabled        = Text{"已停用", "Disabled"}
	ResetPassword   = Text{"重置口令", "Reset the password"}
	ResetLead       = Text{"生成一个只显示一次的新口令，由你当面交给本人。原口令和所有登录立即失效，登录锁定解除。", "Makes a password that is shown once; you hand it over in person. The old one and all sessions end at once, and so does a lock-out."}
	PasswordMade    = Text{"新口令只显示这一次", "The password is shown this once"}
	PasswordNext    = Text{"抄下来当面交给本人，请其登录后自行修改。离开这一页后无法再看，丢失时再重置一次。", "Copy it and hand it over in person; the person should change it after signing in. It cannot be seen again after you leave this page; if it is lost, reset it again."}
	RolesOfAccount  = Text{"角色", "Roles"}
	Jurisdiction    = Text{"管辖", "Jurisdiction"}
	ReasonOfThis    = Text{"为什么", "Why"}
	ReasonOfThisTip = Text{"写入记录。", "It is kept in the record."}
)

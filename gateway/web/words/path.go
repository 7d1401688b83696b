package words

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// PermitOrders are the orders of a list of permits beside the usual one.
var PermitOrders = []Named{
	{"due", OrderDue},
	{"unit_name", OrderName},
	{"valid_to", OrderValidTo},
}

// IssuerOf names a branch of the bureau.
var IssuerOf = Text{"%s（%s）", "%s (%s)"}

// pathNames are the names of the fields of a record's state; rows are named
// by their list.
var pathNames = map[string]Text{
	"status":                State,
	"managementClass":       ClassLabel,
	"unitName":              UnitName,
	"uscc":                  Uscc,
	"division":              County,
	"facilityId":            SiteTitle,
	"enterpriseId":          EnterpriseID,
	"permitNumber":          PermitNumber,
	"documentNumber":        DocumentNumber,
	"validFrom":             ValidFrom,
	"validTo":               {"有效期止", "Valid to"},
	"received":              Received,
	"accepted":              Accepted,
	"deemedAccepted":        {"视为受理", "Deemed accepted"},
	"decided":               Decided,
	"delivered":             DeliveredOn,
	"examinationOpinion":    ExamOpinion,
	"refusalReasons":        RefusalReasons,
	"unmetConditions":       Unmet,
	"procedure":             {"办理事项", "Procedure"},
	"procedureText":         {"办理事项", "Procedure"},
	"stage":                 {"办理环节", "Stage"},
	"stageText":             {"办理环节", "Stage"},
	"changedOn":             {"变更日期", "Day of the change"},
	"requirement":           {"所依据的要求", "Requirement"},
	"effective":             {"要求施行之日", "First day it holds"},
	"baseData":              BasicData,
	"domicile":              {"住所", "Domicile"},
	"version":               {"版本", "Version"},
	"gapFrom":               {"无证起始日", "Without a permit from"},
	"gapTo":                 {"无证截止日", "Without a permit to"},
	"proposedMeasure":       {"待决定的事项", "Measure to be decided"},
	"proposedMeasureText":   {"待决定的事项", "Measure to be decided"},
	"proposedReason":        {"提请理由", "Why it was proposed"},
	"alarm":                 {"警示", "Alarm"},
	"ended":                 {"终止之日", "Ended on"},
	"paper":                 {"证书份次", "Paper no."},
	"conditions":            Conditions,
	"filedLate":             {"逾期提出", "Filed late"},
	"noticeUrl":             NoticeURL,
	"noticeFrom":            NoticeFrom,
	"declineReason":         Declined,
	"siteSequence":          SiteNumber,
	"siteAddress":           SiteAddress,
	"park":                  Park,
	"industry":              Industry,
	"eiaNumber":             EiaNumber,
	"classificationRow":     ListRow,
	"ledgerRequirement":     Ledger,
	"reportRequirement":     ExecReports,
	"disclosureRequirement": Disclosure,
	"declaredTrue":          Declaration,
	"remark":                Remark,
	"outlet":                OutletCode,
	"pollutant":             PollutantName,
	"concentration":         Concentration,
	"unit":                  UnitLabel,
	"averaging":             AveragingLabel,
	"massGramsPerYear":      {"年许可量（克）", "Mass a year (g)"},
	"standard":              Standard,
	"code":                  CodeLabel,
	"title":                 Called,
	"kind":                  {"种类", "Kind"},
	"heightMm":              {"高度（毫米）", "Height (mm)"},
	"diameterMm":            {"内径（毫米）", "Diameter (mm)"},
	"receivingWater":        ReceivingWater,
	"longitude":             Longitude,
	"latitude":              Latitude,
	"frequency":             Frequency,
	"method":                MethodLabel,
	"automatic":             Automatic,
	"process":               Process,
	"capacity":              Capacity,
	"name":                  PersonName,
	"phone":                 Phone,
	"sha256":                FileHash,
	"size":                  FileSize,
	"what":                  ItemWhat,
	"example":               IsExample,
	"limits":                Limits,
	"outlets":               Outlets,
	"monitoring":            MonitoringPlan,
	"facilities":            Facilities,
	"abatements":            Abatements,
	"attachments":           Attachments,
	"missing":               Missing,
	"pauses":                NotCounted,
	"from":                  {"起", "From"},
	"to":                    {"止", "To"},
	"content":               {"内容", "Content"},
	"site":                  SiteTitle,
	"location":              {"位置", "Location"},
	"legalRepresentative":   Legal,
	"contact":               Contact,
	"id":                    {"编号", "Id"},
	"reason":                Reason,
	"externalNumber":        ExternalNumber,
	"permitId":              RecordID,
	"syncState":             {"同步", "Mirroring"},
	"mediaType":             {"文件类型", "Media type"},
	"remedies":              Remedies,
	"zh":                    {"中文", "Chinese"},
	"en":                    {"英文", "English"},
	"issuingOrg":            IssuedBy,
}

// Names are what people call the fields and codes in the states of records,
// beside those that this package knows. Departments bring their own.
type Names struct {
	Paths  map[string]Text // by the JSON name of a field
	Values [][]Named       // lists that codes come from
}

// Add takes over the names of m; what is there already stays.
func (n *Names) Add(m Names) {
	if n.Paths == nil {
		n.Paths = map[string]Text{}
	}
	for path, t := range m.Paths {
		if _, ok := n.Paths[path]; !ok {
			n.Paths[path] = t
		}
	}
	n.Values = append(n.Values, m.Values...)
}

type namesKey struct{}

// WithNames returns a context in which histories are told with these names.
func WithNames(ctx context.Context, n *Names) context.Context {
	return context.WithValue(ctx, namesKey{}, n)
}

// PathIn is [Names.Path] with the names and the language of the context.
func PathIn(ctx context.Context, path string) string { return namesOf(ctx).Path(path).In(ctx) }

// ValueIn is [Names.Value] with the names and the language of the context.
func ValueIn(ctx context.Context, path, value string) string {
	return namesOf(ctx).Value(path, value).In(ctx)
}

func namesOf(ctx context.Context) Names {
	if n, ok := ctx.Value(namesKey{}).(*Names); ok {
		return *n
	}
	return Names{}
}

// Path is what people call a JSON path of a record's state: the names of its
// parts that are known, the others as they are.
func (n Names) Path(path string) Text {
	var out Text
	for part := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		t, ok := pathNames[name]
		if !ok {
			t, ok = n.Paths[name]
		}
		if !ok {
			t = Same(name)
		}
		if name == "content" || name == "site" || name == "iso" {
			continue
		}
		if indexed {
			row := " " + rowNumber(strings.TrimSuffix(index, "]"))
			t = Text{Zh: t.Zh + row, En: t.En + row}
		}
		if !out.IsZero() {
			t = Text{Zh: out.Zh + " · " + t.Zh, En: out.En + " · " + t.En}
		}
		out = t
	}
	if out.IsZero() {
		return Same(path)
	}
	return out
}

// rowNumber counts rows as people do, from 1.
func rowNumber(index string) string {
	n, err := strconv.Atoi(index)
	if err != nil {
		return index
	}
	return strconv.Itoa(n + 1)
}

// valueLists are the lists that codes in a state come from.
var valueLists = [][]Named{
	Statuses, Classes, OutletKinds, Averagings, Frequencies, PauseKinds, DeliveryMethods, DeclineGrounds, UnmetConditions,
	Jurisdictions, Pollutants, AttachmentKinds,
}

// Value is what people call a value of a state at a path: codes of the lists
// by their names, other values as they are.
func (n Names) Value(path, value string) Text {
	switch value {
	case "true":
		return Yes
	case "false":
		return No
	}
	if strings.HasSuffix(path, "status") {
		code := "PERMIT_STATUS_" + strings.TrimPrefix(strings.ToUpper(value), "PERMIT_STATUS_")
		if t := Find(Statuses, code); t != Same(code) {
			return t
		}
	}
	if strings.HasSuffix(path, "syncState") {
		return Find(SyncStates, value)
	}
	if strings.HasSuffix(path, "iso") {
		return Same(value)
	}
	for _, list := range slices.Concat(valueLists, n.Values) {
		if t := Find(list, value); t != Same(value) {
			return t
		}
	}
	return Same(value)
}

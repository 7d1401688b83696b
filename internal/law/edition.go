package law

import (
	"crypto/sha256"
	"encoding/hex"
)

// List names a list of law data.
type List string

// The lists.
const (
	ListPeriods              List = "statutory_periods"     // 法定期限
	ListReadings             List = "period_readings"       // how periods roll and where their unit is doubtful
	ListBases                List = "legal_bases"           // 法律依据
	ListWorkingDays          List = "working_days"          // 工作日历
	ListPenalties            List = "penalties"             // 罚则
	ListDocumentTypes        List = "document_types"        // 文书种类
	ListCodeLists            List = "code_lists"            // 代码表
	ListDivisions            List = "divisions"             // 行政区划
	ListWaste                List = "waste_catalogue"       // 国家危险废物名录
	ListWasteExemptions      List = "waste_exemptions"      // 危险废物豁免管理清单
	ListPermitClassification List = "permit_classification" // 固定污染源排污许可分类管理名录
	ListEIAClassification    List = "eia_classification"    // 建设项目环境影响评价分类管理名录
	ListPollutants           List = "pollutant_codes"       // 污染物代码
	ListHJ212Commands        List = "hj212_commands"        // HJ 212 命令编码
	ListHJ212Flags           List = "hj212_flags"           // HJ 212 标记
)

// State says whether an edition's content is at hand.
type State string

// The states of an edition.
const (
	Complete State = "complete" // content loaded and checked
	Missing  State = "missing"  // known to be in force, content not yet loaded
)

// Edition is one issue of a list, valid for a span of days. It is immutable.
type Edition struct {
	ID        string // "waste_catalogue-2025-01-01"
	List      List
	Version   string
	ValidFrom Date
	ValidTo   Date // zero while in force
	State     State
	Hash      string // SHA-256 of the content, hex; "" when missing
	content   []byte
}

// ParseEdition reads one edition of a list from the bytes of its file and
// checks every row; the error names the line or row and what is wrong. The file
// may begin with comment lines "# edition: ID", "# version: V",
// "# valid_from: YYYY-MM-DD", "# valid_to: YYYY-MM-DD"; validity is else taken
// from the rows.
func ParseEdition(list List, content []byte) (Edition, error) {
	sum := sha256.Sum256(content)
	return Edition{List: list, State: Complete, Hash: hex.EncodeToString(sum[:]), content: content}, nil
}

package law

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"shiyang/internal/law/calendar"
	"shiyang/internal/law/catalogue"
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
	ListEIAPractice          List = "eia_practice"          // 环评分级审批、承诺时限与办事指南
	ListPollutants           List = "pollutant_codes"       // 污染物代码
	ListHJ212Commands        List = "hj212_commands"        // HJ 212 命令编码
	ListHJ212Flags           List = "hj212_flags"           // HJ 212 标记
)

// Lists returns the names of all lists in a fixed order.
func Lists() []List {
	return []List{
		ListPeriods, ListReadings, ListBases, ListWorkingDays, ListPenalties, ListDocumentTypes, ListCodeLists,
		ListDivisions, ListWaste, ListWasteExemptions, ListPermitClassification, ListEIAClassification,
		ListEIAPractice, ListPollutants, ListHJ212Commands, ListHJ212Flags,
	}
}

// State says whether an edition's content is at hand.
type State string

// The states of an edition.
const (
	Complete State = "complete" // content loaded and checked
	Missing  State = "missing"  // known to be in force, content not yet loaded
)

// Edition is one issue of a list, valid for a span of days. It is immutable.
type Edition struct {
	ID        string // "waste_catalogue-2021"
	List      List
	Version   string // "2021"
	ValidFrom Date
	ValidTo   Date // zero while in force
	State     State
	Hash      string // SHA-256 of Content, lower-case hex
	rows      *lazyRows
}

// lazyRows parses the rows of an edition once, when they are first needed.
type lazyRows struct {
	once    sync.Once
	list    List
	version string
	content []byte
	value   any
	err     error
}

func (l *lazyRows) get() (any, error) {
	l.once.Do(func() { l.value, l.err = parseRows(l.list, l.version, l.content) })
	return l.value, l.err
}

// Content returns the bytes the edition was read from; ParseEdition of them
// gives the same edition again. The zero Edition has none.
func (e Edition) Content() []byte {
	if e.rows == nil {
		return nil
	}
	return bytes.Clone(e.rows.content)
}

// ErrEdition wraps every reason for which the bytes of an edition are refused.
var ErrEdition = errors.New("edition of law data refused")

// ParseEdition reads one edition of a list from the bytes of its file and
// checks every row; the error wraps ErrEdition and names the line or row and
// what is wrong. The file may begin with comment lines "# edition: ID",
// "# version: V", "# valid_from: YYYY-MM-DD", "# valid_to: YYYY-MM-DD" and
// "# state: missing" (an edition known to be in force, with no rows). Without
// them version and validity are taken from the rows where these say it.
func ParseEdition(list List, content []byte) (Edition, error) {
	if !slices.Contains(Lists(), list) {
		return Edition{}, fmt.Errorf("%w: there is no list %q", ErrEdition, list)
	}
	e, err := readHeader(list, bytes.Clone(content))
	if err == nil && e.State == Complete {
		err = e.settle()
	}
	if err == nil && e.ValidFrom.IsZero() {
		err = errors.New(`its first day is unknown; begin the file with a line "# valid_from: YYYY-MM-DD"`)
	}
	if err == nil && !e.ValidTo.IsZero() && e.ValidTo.Before(e.ValidFrom) {
		err = errors.New("valid_to lies before valid_from")
	}
	if err != nil {
		return Edition{}, fmt.Errorf("%w: %s: %w", ErrEdition, list, err)
	}
	if e.Version == "" {
		e.Version = e.ValidFrom.String()
	}
	if e.ID == "" {
		e.ID = string(list) + "-" + e.Version
	}
	return e, nil
}

// readHeader reads the comment lines at the top of a file.
func readHeader(list List, content []byte) (Edition, error) {
	sum := sha256.Sum256(content)
	e := Edition{
		List: list, State: Complete, Hash: hex.EncodeToString(sum[:]),
		rows: &lazyRows{list: list, content: content},
	}
	for text := range strings.Lines(strings.TrimPrefix(string(content), "\ufeff")) {
		rest, comment := strings.CutPrefix(text, "#")
		if !comment {
			break
		}
		key, value, _ := strings.Cut(rest, ":")
		value = strings.Trim(strings.TrimSpace(value), "'\"")
		var err error
		switch strings.TrimSpace(key) {
		case "edition":
			e.ID = value
		case "version":
			e.Version = value
		case "valid_from":
			e.ValidFrom, err = ParseDate(value)
		case "valid_to":
			e.ValidTo, err = ParseDate(value)
		case "state":
			if e.State = State(value); e.State != Complete && e.State != Missing {
				err = fmt.Errorf("state %q is neither complete nor missing", value)
			}
		}
		if err != nil {
			return Edition{}, err
		}
	}
	e.rows.version = e.Version
	return e, nil
}

// settle parses the rows and takes from them what the header left open.
func (e *Edition) settle() error {
	rows, err := e.rows.get()
	if err != nil {
		return err
	}
	switch rows := rows.(type) {
	case []catalogue.Waste:
		e.span(rows[0].ValidFrom, rows[0].ValidTo)
	case []catalogue.Exemption:
		e.span(rows[0].ValidFrom, rows[0].ValidTo)
	case []catalogue.PermitRow:
		e.span(rows[0].ValidFrom, rows[0].ValidTo)
	case []catalogue.EIARow:
		e.span(rows[0].ValidFrom, rows[0].ValidTo)
	case calendar.Calendar:
		years := rows.Years()
		e.span(NewDate(years[0], 1, 1), NewDate(years[len(years)-1], 12, 31))
	}
	return nil
}

func (e *Edition) span(from, to Date) {
	if e.ValidFrom.IsZero() {
		e.ValidFrom, e.ValidTo = from, to
	}
}

// covers reports whether the edition's own dates include a day.
func (e Edition) covers(day Date) bool {
	return !day.Before(e.ValidFrom) && (e.ValidTo.IsZero() || !day.After(e.ValidTo))
}

func parseRows(list List, version string, content []byte) (any, error) {
	switch list {
	case ListPeriods:
		return parsePeriods(content)
	case ListReadings:
		return parseReadings(content)
	case ListBases:
		return parseBases(content)
	case ListWorkingDays:
		return catalogue.ParseDays(version, content)
	case ListPenalties:
		return catalogue.ParsePenalties(content)
	case ListDocumentTypes:
		return catalogue.ParseDocumentTypes(content)
	case ListCodeLists:
		return catalogue.ParseCodeLists(content)
	case ListDivisions:
		return catalogue.ParseDivisions(content)
	case ListWaste:
		return catalogue.ParseWaste(content)
	case ListWasteExemptions:
		return catalogue.ParseExemptions(content)
	case ListPermitClassification:
		return catalogue.ParsePermitClassification(content)
	case ListEIAClassification:
		return catalogue.ParseEIAClassification(content)
	case ListEIAPractice:
		return catalogue.ParseEIAPractice(content)
	case ListPollutants:
		return catalogue.ParsePollutants(content)
	case ListHJ212Commands:
		return catalogue.ParseCommands(content)
	case ListHJ212Flags:
		return catalogue.ParseFlags(content)
	}
	return nil, fmt.Errorf("there is no list %q", list)
}

package identifier_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shiyang/internal/law/identifier"
)

// reasons joins the reasons of findings, marking warnings with "?".
func reasons(findings []identifier.Finding) string {
	var out []string
	for _, f := range findings {
		r := f.Reason
		if f.Severity == identifier.Warning {
			r += "?"
		}
		out = append(out, r)
	}
	return strings.Join(out, " ")
}

func TestUSCC(t *testing.T) {
	for code, want := range map[string]string{
		"91350100M000100Y43":  "",
		"91620602MA7X2C8K89":  "",
		"91620621MA7XQ35D8U":  "",
		"91620622MA74B60E43":  "",
		"91620623MA73H91T32":  "",
		"12620600438602153F":  "",
		"91620602MA7X2C8K8A":  "USCC_CHECK_DIGIT",
		"91620602MAX72C8K89":  "USCC_CHECK_DIGIT USCC_ORGANISATION_CHECK?",
		"91620602MA7X2C8K8":   "USCC_LENGTH",
		"91620602MI7X2C8K89":  "USCC_ALPHABET",
		"91620621MA7XQ35DZU":  "USCC_ALPHABET",
		"91620602ma7x2c8k89":  "USCC_ALPHABET USCC_ALPHABET USCC_ALPHABET USCC_ALPHABET USCC_ALPHABET",
		"":                    "USCC_LENGTH",
		"９1620602MA7X2C8K89":  "USCC_ALPHABET",
		"91620602MA7X2C8K89 ": "USCC_LENGTH",
	} {
		if got := reasons(identifier.USCC(code)); got != want {
			t.Errorf("USCC %q: %q, want %q", code, got, want)
		}
	}
	f := identifier.USCC("91620602MI7X2C8K89")[0]
	if f.Position != 10 || !strings.Contains(f.Zh, "第 10 位是字母 I") || !strings.Contains(f.En, "letter I") {
		t.Errorf("the finding does not point at the letter: %+v", f)
	}
	if identifier.USCCDivision("91620602MA7X2C8K89") != "620602" {
		t.Error("the division of registration is 620602")
	}
}

// TestUSCCFindsOneWrongCharacter changes any one character of a good code.
func TestUSCCFindsOneWrongCharacter(t *testing.T) {
	const good, alphabet = "91620602MA7X2C8K89", "0123456789ABCDEFGHJKLMNPQRTUWXY"
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, 17).Draw(t, "position")
		c := rapid.SampledFrom([]byte(alphabet)).Draw(t, "character")
		bad := good[:i] + string(rune(c)) + good[i+1:]
		if (bad == good) == identifier.HasError(identifier.USCC(bad)) {
			t.Fatalf("%s: %s", bad, reasons(identifier.USCC(bad)))
		}
	})
}

func TestResidentID(t *testing.T) {
	today := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for id, want := range map[string]string{
		"620602198503140011": "", "620621199007220024": "", "620622197801053419": "",
		"620623199511301563": "", "620602198812124429": "",
		"620602198503140012":  "RESIDENT_ID_CHECK_DIGIT",
		"620602198502300011":  "RESIDENT_ID_BIRTH_DATE",
		"620602203003140011":  "RESIDENT_ID_BIRTH_DATE",
		"62060219850314001":   "RESIDENT_ID_LENGTH",
		"62060219850314001x":  "RESIDENT_ID_FORM",
		"6206021985031400111": "RESIDENT_ID_LENGTH",
	} {
		findings := identifier.ResidentID(id, today)
		if got := reasons(findings); got != want {
			t.Errorf("resident id: %q, want %q", got, want)
		}
		for _, f := range findings {
			if strings.Contains(f.Zh+f.En, id) {
				t.Error("a finding repeats the identity number")
			}
		}
	}
	if got := identifier.MaskResidentID("620602198503140011"); got != "620602********0011" {
		t.Errorf("masked as %s", got)
	}
}

func TestPhonesAndPlates(t *testing.T) {
	for number, good := range map[string]bool{
		"13909350001": true, "0935-2212345": true, "12369": true, "12345": true,
		"12909350001": false, "1390935000": false, "09352212345": false, "": false,
	} {
		if (identifier.Phone(number) == nil) != good {
			t.Errorf("phone %q: %v", number, !good)
		}
	}
	for plate, want := range map[string]identifier.PlateKind{
		"甘HA1278": identifier.OrdinaryPlate, "甘H12345": identifier.OrdinaryPlate,
		"甘HD12345": identifier.NewEnergySmall, "甘HDA2345": identifier.NewEnergySmall,
		"甘H12345F": identifier.NewEnergyLarge, "甘H1234挂": identifier.TrailerPlate,
		"陕A8K921": identifier.OrdinaryPlate,
		"甘HI1278": "", "甘HO1278": "", "甘H123": "", "HA1278": "", "甘HA1278 ": "",
	} {
		if kind, findings := identifier.Plate(plate); kind != want || (want == "") != identifier.HasError(findings) {
			t.Errorf("plate %s is %q, want %q", plate, kind, want)
		}
	}
}

func TestNumbersOfPermitsAndWaste(t *testing.T) {
	for _, c := range []struct {
		name, value, want string
		check             func(string) []identifier.Finding
	}{
		{"permit", "91620623MA73H91T32001P", "", identifier.PermitNumber},
		{"permit", "91130200699229617X001P", "", identifier.PermitNumber},
		{"permit", "91620623MA73H91T3A001P", "USCC_CHECK_DIGIT", identifier.PermitNumber},
		{"permit", "91620623MA73H91T32001", "PERMIT_NUMBER_LENGTH", identifier.PermitNumber},
		{"permit", "91620623MA73H91T320011", "PERMIT_NUMBER_FORM", identifier.PermitNumber},
		{"outlet", "DA001", "", identifier.OutletCode},
		{"outlet", "YS012", "", identifier.OutletCode},
		{"outlet", "DA000", "OUTLET_CODE_FORM", identifier.OutletCode},
		{"outlet", "DB001", "OUTLET_CODE_FORM", identifier.OutletCode},
		{"treatment", "TA001", "", identifier.TreatmentCode},
		{"treatment", "TX001", "TREATMENT_CODE_FORM", identifier.TreatmentCode},
		{"facility", "MF0001", "", identifier.FacilityCode},
		{"facility", "MF001", "FACILITY_CODE_FORM", identifier.FacilityCode},
		{"source", "0312CS001234", "", identifier.SourceCode},
		{"source", "USNNAM0A12BN", "", identifier.SourceCode},
		{"source", "0312CS001236", "SOURCE_CODE_FORM", identifier.SourceCode},
		{"source", "0312CS00123", "SOURCE_CODE_LENGTH", identifier.SourceCode},
		{"waste", "900-214-08", "", identifier.WasteCode},
		{"waste", "90021408", "WASTE_CODE_FORM", identifier.WasteCode},
		{"waste", "900-214-44", "WASTE_CATEGORY_UNUSED", identifier.WasteCode},
		{"waste", "900-214-51", "WASTE_CATEGORY_UNUSED", identifier.WasteCode},
		{"label", "91620602MA7X2C8K899002140820260921003", "", identifier.WasteLabel},
		{"label", "91620602MA7X2C8K899002140820260931003", "LABEL_DATE", identifier.WasteLabel},
		{"label", "91620602MA7X2C8K899002140820260921000", "LABEL_SEQUENCE", identifier.WasteLabel},
		{"label", "91620602MA7X2C8K8990021408202609210", "LABEL_LENGTH", identifier.WasteLabel},
		{"division", "620602", "", identifier.DivisionCode},
		{"division", "62060", "DIVISION_CODE_FORM", identifier.DivisionCode},
	} {
		if got := reasons(c.check(c.value)); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
	if got := reasons(identifier.ManifestNumber("20266206000123", "6206")); got != "" {
		t.Errorf("manifest: %s", got)
	}
	if got := reasons(identifier.ManifestNumber("20266201000123", "6206")); got != "MANIFEST_NUMBER_ORIGIN" {
		t.Errorf("manifest of Lanzhou: %s", got)
	}
	if got := reasons(identifier.ManifestNumber("2026620600012", "")); got != "MANIFEST_NUMBER_FORM" {
		t.Errorf("short manifest: %s", got)
	}
	if got := identifier.BuildManifestNumber(2026, "6206", 123); got != "20266206000123" {
		t.Errorf("built %s", got)
	}
	if got := identifier.BuildPermitNumber("91620623MA73H91T32", 1, 'P'); got != "91620623MA73H91T32001P" {
		t.Errorf("built %s", got)
	}
}

func TestDocumentNumbers(t *testing.T) {
	for text, want := range map[string]identifier.DocumentNumber{
		"武环罚〔2026〕12号":    {Kind: "罚", Year: 2026, Serial: 12},
		"武环(凉)罚告〔2026〕5号": {Branch: "凉", Kind: "罚告", Year: 2026, Serial: 5},
		"武环许不受〔2027〕101号": {Kind: "许不受", Year: 2027, Serial: 101},
	} {
		got, findings := identifier.ParseDocumentNumber(text)
		if findings != nil || got != want || got.String() != text {
			t.Errorf("%s read as %+v, written as %s", text, got, got)
		}
	}
	for _, bad := range []string{"武环罚[2026]12号", "武环罚〔2026〕012号", "武环罚〔2026〕第12号", "武环(兰)罚〔2026〕1号", "武环〔2026〕1号", "武环罚〔2026〕99999999999999999999号"} {
		if _, findings := identifier.ParseDocumentNumber(bad); reasons(findings) != "DOCUMENT_NUMBER_FORM" {
			t.Errorf("%s was read", bad)
		}
	}
}

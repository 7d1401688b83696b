package law

// Basis is a law, regulation, order or standard 法律依据.
type Basis struct {
	ID         string     `yaml:"id"`
	TitleZh    string     `yaml:"title_zh"` // 排污许可管理条例
	TitleEn    string     `yaml:"title_en"`
	Number     string     `yaml:"number"` // 国务院令第736号
	Issuer     string     `yaml:"issuer"`
	Kind       string     `yaml:"kind"` // law, regulation, rule, standard, interpretation, practice
	ValidFrom  Date       `yaml:"valid_from"`
	ValidTo    Date       `yaml:"valid_to"`    // zero while in force
	RepealedBy string     `yaml:"repealed_by"` // id of the repealing basis
	Note       string     `yaml:"note"`
	Source     string     `yaml:"source"`
	Confidence Confidence `yaml:"confidence"`
}

// Citation is how a reference is written.
type Citation struct {
	Zh    string // 行政许可法 第四十二条
	En    string // Administrative Licensing Law, Art. 42
	Short string // 行政许可法 第42条, for screens
	Full  string // 《中华人民共和国行政许可法》第四十二条, for documents
}

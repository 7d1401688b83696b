package law

import (
	"fmt"
	"strings"
	"time"
)

// Line is one labelled line of an explanation: 依据, 起算, 期间, 不计, 届满, …
type Line struct{ Label, Text string }

// Explain says why the deadline is the day it is, one sentence a line: basis,
// start, length, days not counted, due day, other readings, what would move it.
func (d Deadline) Explain(lang Language) []string {
	lines := d.Lines(lang)
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Label + " " + l.Text
		if lang == English {
			out[i] = l.Label + ": " + l.Text
		}
	}
	return out
}

// Lines is Explain with label and text apart, for pages.
func (d Deadline) Lines(lang Language) []Line {
	if d.book == nil {
		return nil // the zero Deadline
	}
	var lines []Line
	add := func(zh, en string, text Text) {
		if text.Zh != "" {
			lines = append(lines, Line{Text{zh, en}.In(lang), text.In(lang)})
		}
	}
	add("依据", "Basis", d.basisText())
	add("起算", "Start", d.startText())
	add("期间", "Period", d.lengthText())
	for _, s := range d.Pauses {
		add("不计", "Not counted", d.pauseText(s))
	}
	add("不计", "Not counted", d.restText())
	for i, e := range d.Extended {
		add("延长", "Extended", extensionText(e, d.Rule.Extensions[i]))
	}
	for _, s := range d.Ignored {
		zh, en := d.reasonText(s.Reason)
		add("照计", "Still counted", Text{
			fmt.Sprintf("%s 起的%s，不属于本期限可以不计的事由", s.From, zh),
			fmt.Sprintf("from %s (%s): not a reason that stops this period", s.From, en),
		})
	}
	for range d.Refused {
		add("未延长", "Not extended", Text{"一次延长没有依据或超出可延长的长度", "an extension without a right, or longer than the law allows"})
	}
	add("届满", "Due", d.dueText())
	add("另一种理解", "Other reading", d.readingText())
	add("会改变它的事", "Would move it", d.movesText())
	add("日历版本", "Calendar", d.calendarText())
	return lines
}

func extensionText(e Extension, right ExtensionRight) Text {
	t := Text{
		fmt.Sprintf("%s批准延长 %d %s", deciderZh(right.By), e.Amount, right.Unit.text().Zh),
		fmt.Sprintf("by %d %s, approved by the %s", e.Amount, right.Unit.text().En, right.By),
	}
	if !e.On.IsZero() {
		t = Text{e.On.String() + " " + t.Zh, t.En + " on " + e.On.String()}
	}
	return t
}

// text names the unit as a sentence does.
func (u Unit) text() Text {
	switch u {
	case WorkingDays:
		return Text{"个工作日", "working days"}
	case CalendarDays:
		return Text{"日（自然日）", "calendar days"}
	case Hours:
		return Text{"小时", "hours"}
	case Months:
		return Text{"个月", "months"}
	case Years:
		return Text{"年", "years"}
	case FixedDay, Permanent:
	}
	return Text{}
}

func (d Deadline) basisText() Text {
	var zh, en []string
	for _, ref := range d.Rule.Basis {
		basis, known := d.book.Basis(ref.Law)
		if known && (d.Start.Before(basis.ValidFrom) || !basis.ValidTo.IsZero() && d.Start.After(basis.ValidTo)) {
			continue // cite what holds on the start day
		}
		c := d.book.Cite(ref)
		zh, en = append(zh, c.Zh), append(en, c.En)
	}
	if zh == nil {
		c := d.book.Cite(d.Rule.Basis[0])
		zh, en = []string{c.Zh}, []string{c.En}
	}
	return Text{strings.Join(zh, "、"), strings.Join(en, "; ")}
}

func (d Deadline) startText() Text {
	if !d.StartAt.IsZero() {
		at := d.StartAt.In(shanghaiZone()).Format("2006-01-02 15:04")
		return Text{at + " " + d.Rule.StartEventZh + "，即时起算", at + " " + d.Rule.StartEvent + ", counted from that instant"}
	}
	zh, en := d.Start.String()+" "+d.Rule.StartEventZh, d.Start.String()+" "+d.Rule.StartEvent
	switch {
	case d.Rule.Unit == FixedDay || d.Rule.Unit == Permanent:
		return Text{zh, en}
	case d.Rule.Direction == Before:
		return Text{zh + "，当日不计，向前倒数", en + ", counted backwards, that day excluded"}
	case d.Rule.Consequence == "expires":
		return Text{zh + "，当日起有效", en + ", valid from that day"}
	}
	return Text{zh + "，次日起算", en + ", counted from the next day"}
}

func (d Deadline) lengthText() Text {
	r := d.Rule
	if r.Unit == Permanent {
		return Text{"永久", "for ever"}
	}
	if r.Unit == FixedDay {
		return Text{"每年 " + r.FixedDay + " 前（含当日）", "by " + r.FixedDay + " of each year"}
	}
	t := Text{fmt.Sprintf("%d %s", r.Amount, r.Unit.text().Zh), fmt.Sprintf("%d %s", r.Amount, r.Unit.text().En)}
	switch {
	case r.Direction == Before:
		return Text{"提前 " + t.Zh + "，不顺延", t.En + " before, never moved forward"}
	case r.Unit == WorkingDays || r.Unit == Hours:
		return t
	case r.Rolls:
		return Text{t.Zh + "，末日遇休息日顺延", t.En + "; a last rest day moves to the next working day"}
	}
	return Text{t.Zh + "，末日不顺延", t.En + "; the last day does not move"}
}

func (d Deadline) pauseText(s Span) Text {
	zh, en := d.reasonText(s.Reason)
	if s.To.IsZero() {
		return Text{s.From.String() + " 起" + zh + "，尚未结束，期限中止", "since " + s.From.String() + " (" + en + "), not ended: the period stands still"}
	}
	days, unit := s.To.Sub(s.From), CalendarDays.text()
	if d.Rule.Unit == WorkingDays {
		days, unit = d.book.Calendar().WorkingDaysBetween(s.From, s.To), WorkingDays.text()
	}
	return Text{
		fmt.Sprintf("%s 至 %s %s，%d %s", s.From, s.To, zh, days, unit.Zh),
		fmt.Sprintf("%s to %s (%s), %d %s", s.From, s.To, en, days, unit.En),
	}
}

func (d Deadline) reasonText(reason string) (zh, en string) {
	var zhs, ens []string
	list, _ := d.book.On(d.Start).CodeList("time_exclusion")
	for code := range strings.SplitSeq(reason, "|") {
		zh, en := code, strings.ReplaceAll(code, "_", " ")
		if item, ok := list.Item(code); ok {
			zh, en = item.Zh, item.En
		}
		zhs, ens = append(zhs, zh), append(ens, en)
	}
	return strings.Join(zhs, "、"), strings.Join(ens, ", ")
}

// restText names the holidays left out of a period in working days and the
// make-up days counted in.
func (d Deadline) restText() Text {
	if d.Rule.Unit != WorkingDays || d.Due.IsZero() {
		return Text{}
	}
	from, to := d.Start.AddDays(1), d.Due
	if d.Rule.Direction == Before {
		from, to = d.Due, d.Start.AddDays(-1)
	}
	cal := d.book.Calendar()
	var off, offEn, worked []string
	weekend := false
	for day := from; !day.After(to); day = day.AddDays(1) {
		named, ok := cal.Named(day)
		switch {
		case ok && named.Working:
			worked = append(worked, day.String()[5:])
		case ok:
			last := day
			for next, same := cal.Named(last.AddDays(1)); same && !next.Working && next.Name == named.Name; next, same = cal.Named(last.AddDays(1)) {
				last = last.AddDays(1)
			}
			span := " " + day.String()[5:] + "–" + last.String()[5:]
			off, offEn = append(off, named.Name+span), append(offEn, festivalEn(named.Name)+span)
			day = last
		case !cal.IsWorkingDay(day):
			weekend = true
		}
	}
	zh, en := strings.Join(off, "、"), strings.Join(offEn, ", ")
	if weekend {
		zh, en = strings.TrimPrefix(zh+"、周末", "、"), strings.TrimPrefix(en+", weekends", ", ")
	}
	if worked != nil {
		zh += "；调休上班计入 " + strings.Join(worked, "、")
		en += "; make-up working days counted: " + strings.Join(worked, ", ")
	}
	return Text{strings.TrimPrefix(zh, "；"), strings.TrimPrefix(en, "; ")}
}

func (d Deadline) dueText() Text {
	switch {
	case d.Suspended:
		return Text{"期限中止，暂无届满日", "suspended, no due day for now"}
	case d.Due.IsZero():
		return Text{"永久保存，没有届满日", "kept for ever, no due day"}
	case d.Rule.Unit == Hours:
		at := d.DueAt.In(shanghaiZone()).Format("2006-01-02 15:04")
		return Text{at, at}
	}
	t := Text{d.Due.String() + "（" + weekdayZh(d.Due.Weekday()) + "）", d.Due.Weekday().String() + " " + d.Due.String()}
	if d.Nominal != d.Due {
		t.Zh += "，原末日 " + d.Nominal.String() + " 为休息日"
		t.En += ", moved from " + d.Nominal.String() + ", a rest day"
	}
	if d.Provisional {
		t.Zh += "，暂定"
		t.En += ", provisional"
	}
	return t
}

func (d Deadline) readingText() Text {
	if d.Earlier == d.Later || len(d.Rule.Readings) == 0 {
		return Text{}
	}
	why := d.Rule.Readings[0].Why
	return Text{
		fmt.Sprintf("最早 %s（按此提醒），最迟 %s（过后才标逾期）：%s", d.Earlier, d.Later, why.Zh),
		fmt.Sprintf("earliest %s (reminders follow it), latest %s (overdue only after it): %s", d.Earlier, d.Later, why.En),
	}
}

func (d Deadline) movesText() Text {
	var zh, en []string
	if d.Rule.Direction == After {
		for _, reason := range d.Rule.Pauses {
			z, e := d.reasonText(reason)
			zh, en = append(zh, z), append(en, e)
		}
	}
	if len(zh) > 0 {
		zh, en = []string{strings.Join(zh, "、") + "期间不计"}, []string{"time of " + strings.Join(en, ", ")}
	}
	if i := len(d.Extended); i < len(d.Rule.Extensions) {
		right := d.Rule.Extensions[i]
		if right.Amount > 0 {
			zh = append(zh, fmt.Sprintf("%s批准延长至多 %d %s", deciderZh(right.By), right.Amount, right.Unit.text().Zh))
			en = append(en, fmt.Sprintf("up to %d %s more, if the %s approves", right.Amount, right.Unit.text().En, right.By))
		} else {
			zh, en = append(zh, deciderZh(right.By)+"批准延期"), append(en, "a deferral approved by the "+right.By)
		}
	}
	if d.Provisional {
		zh, en = append(zh, "国务院办公厅公布放假安排"), append(en, "the State Council's notice of holidays")
	}
	return Text{strings.Join(zh, "；"), strings.Join(en, "; ")}
}

func (d Deadline) calendarText() Text {
	if d.Rule.Unit != WorkingDays && !d.Rule.Rolls && len(d.Rule.Readings) == 0 {
		return Text{}
	}
	return Text{"国务院办公厅放假安排 " + d.CalendarVersion, "State Council notices " + d.CalendarVersion}
}

func deciderZh(by string) string {
	zh, ok := map[string]string{"head": "负责人", "committee": "集体讨论", "licensor": "发证机关", "police": "公安机关负责人"}[by]
	if !ok {
		return by
	}
	return zh
}

// festivalEn translates the festivals of a State Council notice.
func festivalEn(zh string) string {
	return strings.NewReplacer("元旦", "New Year", "春节", "Spring Festival", "清明节", "Qingming", "劳动节", "Labour Day",
		"端午节", "Dragon Boat Festival", "中秋节", "Mid-Autumn Festival", "国庆节", "National Day", "、", " and ").Replace(zh)
}

func weekdayZh(w time.Weekday) string {
	return "星期" + string([]rune("日一二三四五六")[w])
}

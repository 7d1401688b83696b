package words

import (
	"context"
	"strconv"
	"strings"
	"time"

	commonv1 "shiyang/proto/common/v1"
)

// Shanghai is the zone of legal days and of every time shown.
var Shanghai = time.FixedZone("CST", 8*60*60)

// Dash stands for an absent value.
const Dash = "—"

// Moment writes an instant for a table: minutes, Asia/Shanghai.
func Moment(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return Dash
	}
	if Of(ctx) == En {
		return t.In(Shanghai).Format("2 Jan 2006 15:04")
	}
	return t.In(Shanghai).Format("2006-01-02 15:04")
}

// Today is the legal day of an instant.
func Today(t time.Time) *commonv1.Date {
	return &commonv1.Date{Iso: t.In(Shanghai).Format(time.DateOnly)}
}

// Time is the day as an instant for reckoning; false if it is absent or wrong.
func Time(d *commonv1.Date) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, d.GetIso(), Shanghai)
	return t, err == nil
}

// Day writes a legal day for a table.
func Day(ctx context.Context, d *commonv1.Date) string {
	t, ok := Time(d)
	switch {
	case !ok:
		return Dash
	case Of(ctx) == En:
		return t.Format("2 Jan 2006")
	}
	return t.Format(time.DateOnly)
}

// ShortDay writes a legal day without its year.
func ShortDay(ctx context.Context, d *commonv1.Date) string {
	t, ok := Time(d)
	switch {
	case !ok:
		return Dash
	case Of(ctx) == En:
		return t.Format("2 Jan")
	}
	return t.Format("01-02")
}

// LongDay writes a day for a sentence.
func LongDay(ctx context.Context, t time.Time) string {
	t = t.In(Shanghai)
	if Of(ctx) == En {
		return t.Format("Monday 2 January 2006")
	}
	return t.Format("2006年1月2日 ") + weekdays[t.Weekday()].Zh
}

// Weekday names the day of the week of a legal day.
func Weekday(ctx context.Context, d *commonv1.Date) string {
	t, ok := Time(d)
	if !ok {
		return ""
	}
	return weekdays[t.Weekday()].In(ctx)
}

var weekdays = [7]Text{
	{"星期日", "Sun"},
	{"星期一", "Mon"},
	{"星期二", "Tue"},
	{"星期三", "Wed"},
	{"星期四", "Thu"},
	{"星期五", "Fri"},
	{"星期六", "Sat"},
}

// Tonnes writes grams as tonnes with at least three decimals; exact, because
// mass never passes through a float.
func Tonnes(grams int64) string {
	s := strconv.FormatInt(grams, 10)
	if len(s) < 7 {
		s = strings.Repeat("0", 7-len(s)) + s
	}
	whole, part := s[:len(s)-6], strings.TrimRight(s[len(s)-6:], "0")
	for len(part) < 3 {
		part += "0"
	}
	return whole + "." + part
}

// Size writes bytes for people.
func Size(n int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case n >= mib:
		return strconv.FormatInt(n/mib, 10) + "." + strconv.FormatInt(n%mib*10/mib, 10) + " MiB"
	case n >= kib:
		return strconv.FormatInt(n/kib, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

// Left says how long is left until a period ends, or how late it is.
func Left(ctx context.Context, d *commonv1.Deadline) string {
	n := d.GetRemaining()
	switch d.GetState() {
	case "met":
		return DoneInTime.In(ctx)
	case "met_late":
		return DoneLate.In(ctx)
	case "overdue":
		return LateBy.F(ctx, int(max(-n, 1)))
	}
	if n == 0 {
		return EndsToday.In(ctx)
	}
	if d.GetUnit() == "working_day" {
		return WorkingDaysLeft.F(ctx, int(n))
	}
	return DaysLeft.F(ctx, int(n))
}

// Period writes the length of a period with its legal unit.
func Period(ctx context.Context, d *commonv1.Deadline) string {
	unit, ok := units[d.GetUnit()]
	if !ok {
		return strconv.Itoa(int(d.GetAmount()))
	}
	return unit.F(ctx, d.GetAmount())
}

var units = map[string]Text{
	"working_day":  {"%d 个工作日", "%d working days"},
	"calendar_day": {"%d 日（自然日）", "%d calendar days"},
	"hour":         {"%d 小时", "%d hours"},
	"month":        {"%d 个月", "%d months"},
	"year":         {"%d 年", "%d years"},
}

package frame

import (
	"bytes"
	"errors"
	"time"
)

// maxReadings is the most pollutants that one message may tell of.
const maxReadings = 512

// ErrData reports parameters that are no data: no DataTime, a value that is no
// number, a field twice.
var ErrData = errors.New("parameters are no data")

// Data 监测数据 are what an upload says of one instant or period.
type Data struct {
	Time     time.Time // DataTime: the instant, or the begin of the period; UTC
	Readings []Reading // one for each pollutant, in the order of the frame
}

// Reading 监测值 is what is said of one pollutant. Values are decimal strings as
// the meter sent them, "" if it did not.
type Reading struct {
	Pollutant                  string // "a21026"
	Rtd, Min, Avg, Max         string
	ZsRtd, ZsMin, ZsAvg, ZsMax string // 折算: converted to the reference oxygen
	Cou                        string // mass, or volume of a flow, in the period
	Flag                       string // 数据标记: N normal, D fault …
	EFlag                      string // 设备标志
	SampleTime                 string // yyyymmddhhmmss
}

// ParseData reads the parameters of an upload of data (2011, 2031, 2051, 2061).
// Fields that this edition does not know are left out.
func ParseData(cp []byte) (Data, error) {
	var d Data
	for group := range bytes.SplitSeq(cp, []byte{';'}) {
		if len(group) == 0 {
			continue
		}
		if text, ok := bytes.CutPrefix(group, []byte("DataTime=")); ok {
			at, ok := ParseTime(text)
			if !ok || !d.Time.IsZero() && !d.Time.Equal(at) {
				return Data{}, ErrData
			}
			d.Time = at
			continue
		}
		if err := d.group(group); err != nil {
			return Data{}, err
		}
	}
	if d.Time.IsZero() {
		return Data{}, ErrData
	}
	return d, nil
}

// group reads the fields of one pollutant: "a21026-Avg=28.2,a21026-Flag=N".
func (d *Data) group(group []byte) error {
	for field := range bytes.SplitSeq(group, []byte{','}) {
		name, value, ok := bytes.Cut(field, []byte{'='})
		code, kind, dashed := bytes.Cut(name, []byte{'-'})
		switch {
		case !ok || len(name) == 0:
			return ErrData
		case !dashed || len(code) != 6:
			continue // of another kind: "SB1-RS"
		}
		r, err := d.reading(code)
		if err != nil {
			return err
		}
		if err := r.set(string(kind), string(value)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Data) reading(code []byte) (*Reading, error) {
	for i := len(d.Readings) - 1; i >= 0; i-- {
		if d.Readings[i].Pollutant == string(code) {
			return &d.Readings[i], nil
		}
	}
	if len(d.Readings) == maxReadings || !isPollutant(code) {
		return nil, ErrData
	}
	d.Readings = append(d.Readings, Reading{Pollutant: string(code)})
	return &d.Readings[len(d.Readings)-1], nil
}

func isPollutant(code []byte) bool {
	letter := len(code) == 6 && code[0] >= 'a' && code[0] <= 'z'
	return letter && digits(code[1:])
}

func (r *Reading) set(kind, value string) error {
	into, numeric := r.field(kind)
	switch {
	case into == nil:
		return nil
	case *into != "" && *into != value, numeric && !decimal(value), len(value) > 20:
		return ErrData
	}
	*into = value
	return nil
}

func (r *Reading) field(kind string) (into *string, numeric bool) {
	switch kind {
	case "Rtd":
		return &r.Rtd, true
	case "Min":
		return &r.Min, true
	case "Avg":
		return &r.Avg, true
	case "Max":
		return &r.Max, true
	case "Cou":
		return &r.Cou, true
	case "ZsRtd":
		return &r.ZsRtd, true
	case "ZsMin":
		return &r.ZsMin, true
	case "ZsAvg":
		return &r.ZsAvg, true
	case "ZsMax":
		return &r.ZsMax, true
	case "Flag":
		return &r.Flag, false
	case "EFlag":
		return &r.EFlag, false
	case "SampleTime":
		return &r.SampleTime, false
	}
	return nil, false
}

// decimal accepts "-12.345": no exponent, at most twelve digits before the
// point and six after it. The empty value says nothing and is allowed.
func decimal(text string) bool {
	if text == "" {
		return true
	}
	if text[0] == '-' {
		text = text[1:]
	}
	whole, part := 0, 0
	point := false
	for _, c := range []byte(text) {
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return false
		case point:
			part++
		default:
			whole++
		}
	}
	return whole >= 1 && whole <= 12 && part <= 6 && (!point || part > 0)
}

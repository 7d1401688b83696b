package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/bench/machine"
	"shiyang/services/permits/monitoring/frame"
)

// What 68 firms are asked to send together, in a mix that is heavier in hours
// than that of a real day: of 1,000 frames 920 real-time, 72 minute, 8 hour.
const (
	meterCount = 68
	meterRate  = 1000 // frames a second
	meterTime  = 10 * time.Second
)

// measureMeters measures frames that are durable and answered, their cost, and
// what a page costs beside them.
func (r *run) measureMeters() (err error) {
	p, err := r.launch(r.dir+"/meters", true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	mns, err := r.registerMeters(p)
	if err != nil {
		return err
	}
	var rates, costs, ratios, idles, busies []float64
	sent := &meterLoad{mns: mns, address: p.meter}
	if _, err := sent.run(meterTime / 5); err != nil { // the first password of each meter costs a slow hash
		return err
	}
	for range r.rounds {
		idle, err := r.pageTimes(p, meterTime/4)
		if err != nil {
			return err
		}
		before, began := machine.CPU(p.cmd.Process.Pid), time.Now()
		var loaded sync.WaitGroup
		var failed error
		var answered int64
		loaded.Go(func() { answered, failed = sent.run(meterTime) })
		busy, err := r.pageTimes(p, meterTime-time.Second)
		loaded.Wait()
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		took, cpu := time.Since(began), machine.CPU(p.cmd.Process.Pid)-before
		rates = append(rates, float64(answered)/took.Seconds())
		costs = append(costs, cpu.Seconds()*1e6/float64(answered))
		idles, busies = append(idles, quantile(idle, 0.99)), append(busies, quantile(busy, 0.99))
		ratios = append(ratios, quantile(busy, 0.99)/quantile(idle, 0.99))
	}
	r.add(Figure{"meters", fmt.Sprintf("frames durable and answered, %d asked for", meterRate), median(rates), "1/s", "≥ 990", rates})
	r.add(Figure{"meters", "CPU of the program per frame, a page every 20 ms included", median(costs), "µs", "", costs})
	r.add(Figure{"meters", "page of the register idle, p99", median(idles), "ms", "", idles})
	r.add(Figure{"meters", "page of the register under the frames, p99", median(busies), "ms", "", busies})
	r.add(Figure{"meters", "p99 of the page under the frames ÷ idle", median(ratios), "ratio", "≤ 2", ratios})
	return nil
}

// registerMeters enters the meters of the run at the site of the demo's permit.
func (r *run) registerMeters(p *program) (mns []string, err error) {
	officer, err := r.signIn(p, "zhifa1")
	if err != nil {
		return nil, err
	}
	var known struct {
		Meters []struct {
			FacilityID string `json:"facilityId"`
		} `json:"meters"`
	}
	if err := officer.Get(r.ctx, "/v1/meters", &known); err != nil {
		return nil, err
	}
	if len(known.Meters) == 0 || p.meter == "" {
		return nil, errors.New("the demo has no meters")
	}
	for i := range meterCount {
		mn := fmt.Sprintf("62062300A0000100000B%04d", i)
		if _, err := officer.Command(r.ctx, "/v1/meters", "", map[string]any{
			"facilityId": known.Meters[0].FacilityID, "outlet": fmt.Sprintf("DA%03d", 100+i), "mn": mn, "system": "31", "password": "123456",
		}); err != nil {
			return nil, err
		}
		mns = append(mns, mn)
	}
	return mns, nil
}

// pageTimes asks for a page every 20 ms for a while.
func (r *run) pageTimes(p *program, long time.Duration) (times []float64, err error) {
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-pace.C {
		one, err := timed(1, func() error {
			response, err := http.Get(p.url + "/zh/register") //nolint:noctx // a measured call
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, response.Body)
			return errors.Join(err, response.Body.Close())
		})
		if err != nil {
			return nil, err
		}
		times = append(times, one...)
	}
	return times, nil
}

// meterLoad is what the meters send; the instants of one run are not those of
// the next.
type meterLoad struct {
	mns     []string
	address string
	turn    int
}

// run sends at the rate for a while and counts answers that say "durable".
func (l *meterLoad) run(long time.Duration) (int64, error) {
	var answered atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, len(l.mns))
	each := int(long.Seconds() * meterRate / float64(len(l.mns)))
	for i, mn := range l.mns {
		first := l.turn * each
		all.Go(func() { errs <- l.talk(mn, i, first, each, long, &answered) })
	}
	all.Wait()
	l.turn++
	close(errs)
	var err error
	for e := range errs {
		err = errors.Join(err, e)
	}
	return answered.Load(), err
}

// talk is one meter: it sends at its pace and reads every answer.
func (l *meterLoad) talk(mn string, number, first, count int, long time.Duration, answered *atomic.Int64) error {
	conn, err := net.Dial("tcp", l.address) //nolint:noctx // ends with its deadline
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(long + time.Minute)); err != nil {
		return err
	}
	reading := make(chan error, 1)
	go func() {
		lines := bufio.NewReader(conn)
		for range count {
			line, err := lines.ReadString('\n')
			if err != nil {
				reading <- err
				return
			}
			if strings.Contains(line, ";CN=9014;") {
				answered.Add(1)
			}
		}
		reading <- nil
	}()
	pace := time.NewTicker(long / time.Duration(count))
	defer pace.Stop()
	for n := first; n < first+count; n++ {
		if _, err := conn.Write(meterFrame(mn, n, number)); err != nil {
			return err
		}
		<-pace.C
	}
	return <-reading
}

// meterFrame is the nth frame of a meter: instants run backwards, so that each
// is a row or a fact of its own.
func meterFrame(mn string, n, number int) []byte {
	now := time.Now()
	at, cn := now.Add(-time.Duration(n)*time.Second), "2011"
	values := "a21026-Rtd=28.4,a21026-Flag=N;a21002-Rtd=41.7,a21002-Flag=N;a34013-Rtd=6.2,a34013-Flag=N;a19001-Rtd=8.9,a19001-Flag=N;a01011-Rtd=9.8,a01011-Flag=N"
	switch k := (n + number) % 125; {
	case k == 0:
		at, cn = now.Truncate(time.Hour).Add(-time.Duration(n/125+1)*time.Hour), "2061"
		values = "a21026-Cou=4.3120,a21026-Min=24.1,a21026-Avg=28.2,a21026-Max=33.0,a21026-ZsAvg=29.6,a21026-Flag=N;a21002-Cou=6.3360,a21002-Avg=41.4,a21002-ZsAvg=43.5,a21002-Flag=N"
	case k < 10:
		at, cn = now.Add(-time.Duration(n)*time.Minute), "2051"
		values = "a21026-Avg=28.2,a21026-Flag=N;a21002-Avg=41.4,a21002-Flag=N"
	}
	return frame.AppendFrame(nil, "QN="+frame.FormatQN(now)+";ST=31;CN="+cn+";PW=123456;MN="+mn+";Flag=5;CP=&&DataTime="+frame.FormatTime(at)+";"+values+"&&")
}

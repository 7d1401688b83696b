package e2e_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

var seed = flag.Uint64("seed", 0, "replays a run of TestKill; 0 takes a new seed and prints it")

// note is one line of the log that the writers keep of their own: a
// command, and, once it was acknowledged, what it led to.
type note struct {
	Command  string `json:"command"`
	Site     string `json:"site,omitempty"`     // the address it asked for
	Record   string `json:"record,omitempty"`   // the acknowledged record
	Revision string `json:"revision,omitempty"` // and its revision
}

// diary is the log of the writers; a line counts once it is on the disk.
type diary struct {
	mu   sync.Mutex
	file *os.File
}

func (d *diary) write(e note) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err = d.file.Write(append(line, '\n'))
	return errors.Join(err, d.file.Sync())
}

// read returns the last line of every command, in the order of their first.
func (d *diary) read() ([]note, error) {
	file, err := os.Open(d.file.Name())
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	var list []note
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e note
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		i, known := at[e.Command]
		if !known {
			i, list = len(list), append(list, e)
			at[e.Command] = i
		}
		if e.Record != "" {
			list[i] = e
		}
	}
	return list, errors.Join(lines.Err(), file.Close())
}

// TestKill kills the program while writers send commands, and starts it
// again: everything that was acknowledged is there, whatever was sent again
// had one effect, and the views are the fold of the log.
func TestKill(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv("SHIYANG_TEST_KILLS")); err == nil && n > 0 {
		kills = n
	}
	chosen := *seed
	if chosen == 0 {
		chosen = rand.Uint64()
	}
	t.Logf("seed %d; replay with: go test ./test/e2e -run TestKill -seed %d", chosen, chosen)
	random := rand.New(rand.NewPCG(chosen, 0))
	p := &program{dir: t.TempDir()}
	t.Cleanup(p.abandon)
	if err := p.start(t.Context(), clockAt(0)...); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "diary.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{file: file}
	t.Cleanup(func() { _ = file.Close() })
	for kill := 1; kill <= kills; kill++ {
		until := 20 + random.IntN(150)
		acknowledged := write(t, p, d, until, time.Duration(random.IntN(3000))*time.Microsecond)
		if err := p.start(t.Context(), clockAt(kill)...); err != nil {
			t.Fatalf("start after kill %d: %v", kill, err)
		}
		checkDiary(t, p, d)
		t.Logf("kill %d after %d acknowledged commands", kill, acknowledged)
	}
	checkReplay(t, p)
	if err := p.end(syscall.SIGTERM, ""); err != nil {
		t.Error(err)
	}
}

// clockAt keeps the clock of every run behind that of the run before.
func clockAt(run int) []string {
	return []string{"--clock", time.Date(2026, 9, 7, 1, 0, 0, 0, time.UTC).Add(time.Duration(run) * time.Hour).Format(time.RFC3339)}
}

// write lets writers send commands until enough were acknowledged, and kills
// the program a moment later, in the middle of whatever runs.
func write(t *testing.T, p *program, d *diary, enough int, moment time.Duration) int {
	t.Helper()
	clerk, _, err := signIn(p.url, "shouli", p.passwords["shouli"])
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	acknowledged := make(chan struct{}, 64)
	stop := make(chan struct{})
	for range 4 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := writeOne(clerk, p.url, d); err != nil {
					<-stop // the program is being killed
					return
				}
				select {
				case acknowledged <- struct{}{}:
				case <-stop:
					return
				}
			}
		})
	}
	count := 0
	for count < enough {
		select {
		case <-acknowledged:
			count++
		case <-p.running.ended:
			t.Errorf("the program ended by itself: %v\n%s", p.running.err, p.running.out)
			count = enough
		case <-time.After(patience):
			t.Error("the writers stand still")
			count = enough
		}
	}
	select {
	case <-time.After(moment):
	case <-p.running.ended:
	}
	if err := p.end(syscall.SIGKILL, ""); err != nil {
		t.Error(err)
	}
	close(stop)
	writers.Wait()
	return count
}

// writeOne registers one site under a fresh command id, and notes it before
// and, if it was acknowledged, afterwards.
func writeOne(v visitor, base string, d *diary) error {
	e := note{Command: uuid.Must(uuid.NewV7()).String()}
	e.Site = "示例路 " + e.Command
	if err := d.write(e); err != nil {
		return err
	}
	return send(v, base, d, e)
}

func siteOf(e note) []byte {
	return fmt.Appendf(nil, `{"site":{"unitName":"示例砖厂","siteAddress":%q,"division":"620602","example":true}}`, e.Site)
}

func send(v visitor, base string, d *diary, e note) error {
	answer, err := v.post(base+"/v1/facilities", e.Command, siteOf(e))
	if err != nil {
		return err
	}
	if e.Record, err = field(answer, "receipt.recordId"); err != nil {
		return err
	}
	if e.Revision, err = field(answer, "receipt.revision"); err != nil {
		return err
	}
	return d.write(e)
}

// checkDiary finds every acknowledged command in the history of its record,
// and sends every other again: it has one effect, whether it had been
// written before the kill or not.
func checkDiary(t *testing.T, p *program, d *diary) {
	t.Helper()
	clerk, _, err := signIn(p.url, "shouli", p.passwords["shouli"])
	if err != nil {
		t.Fatal(err)
	}
	auditor, _, err := signIn(p.url, "shenji", p.passwords["shenji"])
	if err != nil {
		t.Fatal(err)
	}
	list, err := d.read()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Record == "" { // never acknowledged
			if err := send(clerk, p.url, d, e); err != nil {
				t.Errorf("command %s sent again: %v", e.Command, err)
			}
			e.Record, e.Revision = e.Command, "1"
		}
		if err := oneEffect(auditor, p.url, e); err != nil {
			t.Errorf("command %s, acknowledged as %s at revision %s: %v", e.Command, e.Record, e.Revision, err)
		}
	}
}

// oneEffect checks that the record's history is the one event of its command.
func oneEffect(v visitor, base string, e note) error {
	answer, err := v.get(base + "/v1/records/facility/" + e.Record + "/history")
	if err != nil {
		return err
	}
	var history struct {
		Events []struct {
			Revision, Type, CommandID string
			Event                     struct{ Site struct{ SiteAddress string } }
		}
	}
	if err := json.Unmarshal(answer, &history); err != nil {
		return err
	}
	if len(history.Events) != 1 {
		return fmt.Errorf("the history has %d events", len(history.Events))
	}
	got := history.Events[0]
	if got.CommandID != e.Command || got.Revision != e.Revision || got.Event.Site.SiteAddress != e.Site {
		return fmt.Errorf("the history says %+v", got)
	}
	return nil
}

// checkReplay compares all views with a replay of the log.
func checkReplay(t *testing.T, p *program) {
	t.Helper()
	auditor, _, err := signIn(p.url, "shenji", p.passwords["shenji"])
	if err != nil {
		t.Fatal(err)
	}
	answer, err := auditor.post(p.url+"/v1/replay-checks", uuid.Must(uuid.NewV7()).String(), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if equal, err := field(answer, "equal"); err != nil || equal != "true" {
		t.Errorf("the views differ from the log: %s", pretty(answer))
	}
}

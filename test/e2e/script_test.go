package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the chapter on parts makes a database
	"github.com/rogpeppe/go-internal/testscript"
)

type key int

const chapterKey key = 0

// chapter is what the commands of a script share.
type chapter struct {
	*program
	visitor
	sessions map[string]visitor // the last one of every sign-in name
	last     json.RawMessage
}

// commands of the scripts; a ! in front says that it fails.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"start": command((*chapter).begin), "part": command((*chapter).beginPart), "database": command((*chapter).database), "address": command((*chapter).address),
	"quit": ending(syscall.SIGTERM), "crash": ending(syscall.SIGKILL),
	"back":      command((*chapter).back),
	"as":        command((*chapter).as),
	"post":      command((*chapter).post),
	"get":       command((*chapter).get),
	"settle":    command((*chapter).settle),
	"page":      command((*chapter).page),
	"attach":    command((*chapter).attach),
	"keep":      command((*chapter).keep),
	"seat":      command((*chapter).seat),
	"events":    command((*chapter).events),
	"unchanged": command((*chapter).unchanged),
	"flip":      command((*chapter).flip),
}

// command makes a command of a script: its failure is told on stderr, and is
// what the script asked for if it wrote a !.
func command(run func(*chapter, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		c, ok := ts.Value(chapterKey).(*chapter)
		if !ok {
			ts.Fatalf("no chapter")
		}
		err := run(c, ts, args)
		if err != nil {
			fmt.Fprintln(ts.Stderr(), err)
		}
		switch {
		case err != nil && !neg:
			ts.Fatalf("%v", err)
		case err == nil && neg:
			ts.Fatalf("succeeded, and should have failed")
		}
	}
}

// ending makes the command that ends the program or one part.
func ending(signal syscall.Signal) func(*testscript.TestScript, bool, []string) {
	return command(func(c *chapter, _ *testscript.TestScript, args []string) error {
		return c.end(signal, strings.Join(args, ""))
	})
}

func (c *chapter) begin(ts *testscript.TestScript, args []string) error {
	if err := c.start(context.Background(), args...); err != nil {
		return err
	}
	fmt.Fprintf(ts.Stdout(), "%s", c.running.out)
	ts.Setenv("URL", c.url)
	for login, password := range c.passwords {
		ts.Setenv("PASSWORD_OF_"+login, password)
	}
	return nil
}

// beginPart starts a part alone; $NAME is then its address.
func (c *chapter) beginPart(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("part NAME [flags]")
	}
	address, err := c.part(context.Background(), args[0], settings(ts), args[1:]...)
	if err != nil {
		return err
	}
	fmt.Fprintf(ts.Stdout(), "%s", c.parts[args[0]].out)
	ts.Setenv(args[0], address)
	return nil
}

// address finds a free address on loopback for a part that others must know
// before it starts: $NAME.
func (c *chapter) address(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("address NAME")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Setenv(args[0], listener.Addr().String())
	return listener.Close()
}

// settings are the script's own variables for the program.
func settings(ts *testscript.TestScript) []string {
	var list []string
	for _, name := range []string{"EVENT_STORE", "DATABASE", "TOKEN_KEY", "MASTER_KEY", "PERMITS", "AUDIT", "IDENTITY"} {
		if value := ts.Getenv("SHIYANG_" + name); value != "" {
			list = append(list, "SHIYANG_"+name+"="+value)
		}
	}
	return list
}

// database makes a fresh PostgreSQL database for this chapter: $DATABASE.
func (c *chapter) database(ts *testscript.TestScript, _ []string) error {
	u, err := url.Parse(os.Getenv("SHIYANG_TEST_POSTGRES"))
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		return err
	}
	name := "e2e_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		return errors.Join(err, db.Close())
	}
	ts.Defer(func() {
		c.abandon()
		_, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		ts.Check(errors.Join(err, db.Close()))
	})
	u.Path = "/" + name
	ts.Setenv("DATABASE", u.String())
	return nil
}

// show prints an answer and remembers it.
func (c *chapter) show(ts *testscript.TestScript, answer []byte, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", pretty(answer))
	c.last = answer
	var receipt struct{ Receipt struct{ Position string } }
	if json.Unmarshal(answer, &receipt) == nil && receipt.Receipt.Position != "" {
		ts.Setenv("SEEN", receipt.Receipt.Position)
	}
	return nil
}

func (c *chapter) as(ts *testscript.TestScript, args []string) error {
	if len(args) == 1 && args[0] == "nobody" {
		c.visitor = visitor{}
		return nil
	}
	if len(args) == 1 {
		args = append(args, c.passwords[args[0]])
	}
	if len(args) != 2 || args[1] == "" {
		return errors.New("as LOGIN [PASSWORD]: no password was printed for this name")
	}
	v, answer, err := signIn(c.url, args[0], args[1])
	if err == nil {
		c.visitor = v
		if c.sessions == nil {
			c.sessions = map[string]visitor{}
		}
		c.sessions[args[0]] = v
	}
	return c.show(ts, answer, err)
}

// back goes on in the session that somebody opened before.
func (c *chapter) back(_ *testscript.TestScript, args []string) error {
	v, ok := c.sessions[strings.Join(args, " ")]
	if !ok {
		return fmt.Errorf("%v has no session", args)
	}
	c.visitor = v
	return nil
}

func (c *chapter) post(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("post PATH [-key ID] [-body FILE] [field=text] [field:=json]")
	}
	path, args := args[0], args[1:]
	id, body := uuid.Must(uuid.NewV7()).String(), map[string]any{}
	for ; len(args) > 0; args = args[1:] {
		name, value, ok := strings.Cut(args[0], "=")
		switch {
		case (args[0] == "-key" || args[0] == "-body") && len(args) < 2:
			return fmt.Errorf("%s what?", args[0])
		case args[0] == "-key":
			id, args = args[1], args[1:]
		case args[0] == "-body":
			content := os.Expand(ts.ReadFile(args[1]), ts.Getenv)
			answer, err := c.visitor.post(c.url+path, id, []byte(content))
			return c.show(ts, answer, err)
		case !ok:
			return fmt.Errorf("%q is neither field=text nor field:=json", args[0])
		case strings.HasSuffix(name, ":"):
			body[strings.TrimSuffix(name, ":")] = json.RawMessage(os.Expand(value, ts.Getenv))
		default:
			body[name] = value
		}
	}
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	answer, err := c.visitor.post(c.url+path, id, content)
	return c.show(ts, answer, err)
}

func (c *chapter) get(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("get PATH")
	}
	answer, err := c.visitor.get(c.url + args[0])
	return c.show(ts, answer, err)
}

// settle reads until a field has a value that the program gives it by itself.
func (c *chapter) settle(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("settle PATH field=value")
	}
	path, want, _ := strings.Cut(args[1], "=")
	var answer []byte
	err := until(args[1], func() (bool, error) {
		var err error
		if answer, err = c.visitor.get(c.url + args[0]); err != nil {
			return true, err
		}
		got, err := field(answer, path)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %s", path, got)
		}
		return err == nil, err
	})
	return c.show(ts, answer, err)
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// page prints the text of a page.
func (c *chapter) page(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("page PATH")
	}
	content, err := visitor{}.get(c.url + args[0])
	if err != nil {
		return err
	}
	text := spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(string(content), " ")), " ")
	fmt.Fprintln(ts.Stdout(), text)
	return nil
}

func (c *chapter) attach(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("attach KIND FILE")
	}
	answer, err := c.upload(c.url, args[0], filepath.Base(args[1]), []byte(ts.ReadFile(args[1])))
	return c.show(ts, answer, err)
}

// keep keeps a field of the last answer: keep PERMIT receipt.recordId, the
// whole answer: keep FILE . or a part of what a program printed:
// keep -match PASSWORD 'password (\S+)', or a field of the entry of a list
// that another field names: keep -where CLERK accounts login=shouli accountId.
func (c *chapter) keep(ts *testscript.TestScript, args []string) error {
	if len(args) == 3 && args[0] == "-match" {
		pattern, err := regexp.Compile(args[2])
		if err != nil {
			return err
		}
		found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
		if len(found) != 2 {
			return fmt.Errorf("nothing matches %s", args[2])
		}
		ts.Setenv(args[1], found[1])
		return nil
	}
	if len(args) == 5 && args[0] == "-where" {
		value, err := entry(c.last, args[2], args[3], args[4])
		if err == nil {
			ts.Setenv(args[1], value)
		}
		return err
	}
	if len(args) != 2 {
		return errors.New("keep NAME field.of.the.answer")
	}
	if args[1] == "." {
		ts.Setenv(args[0], string(c.last))
		return nil
	}
	value, err := field(c.last, args[1])
	if err == nil {
		ts.Setenv(args[0], value)
	}
	return err
}

// seat changes the capacity in which the signed-in person acts.
func (c *chapter) seat(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("seat ID")
	}
	body, err := json.Marshal(map[string]string{"seatId": args[0]})
	if err != nil {
		return err
	}
	answer, err := c.visitor.post(c.url+"/v1/sessions/current", "", body)
	if err == nil {
		c.token, err = field(answer, "token")
	}
	return c.show(ts, answer, err)
}

// events counts the events of the whole log once it stands still: reactions
// to the last command may write, too.
func (c *chapter) events(ts *testscript.TestScript, _ []string) error {
	count, same := 0, 0
	err := until("a quiet log", func() (bool, error) {
		now, err := c.stored()
		if err != nil {
			return true, err
		}
		if same++; now != count {
			count, same = now, 0
		}
		if same == 50 {
			return true, nil
		}
		return false, fmt.Errorf("%d events and growing", now)
	})
	return c.show(ts, fmt.Appendf(nil, `{"count":%d}`, count), err)
}

// unchanged checks that the log has as many events as before.
func (c *chapter) unchanged(_ *testscript.TestScript, args []string) error {
	count, err := c.stored()
	if err == nil && (len(args) != 1 || fmt.Sprint(count) != args[0]) {
		err = fmt.Errorf("the log has %d events, it had %v", count, args)
	}
	return err
}

// stored reads how many events the embedded store holds.
func (p *program) stored() (int, error) {
	content, err := visitor{}.get(p.admin + "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if count, ok := strings.CutPrefix(line, "shiyang_store_events "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
			return int(n), err
		}
	}
	return 0, errors.New("there is no figure shiyang_store_events")
}

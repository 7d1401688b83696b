package esdbstore

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// The discovery settings that every client gets, whatever its address says.
// With fewer attempts the official client gives up for ever and strands its
// callers; with these, a stranded call ends as soon as any server answers.
const (
	discoverAttempts  = 1_000_000
	discoverInterval  = 50 // milliseconds between two attempts
	discoverTimeout   = 1  // seconds for one attempt
	defaultStorePort  = "2113"
	defaultDeadline   = 10 * time.Second
	schemeUnix        = "unix"
	schemeSingle      = "esdb"
	schemeDiscover    = "esdb+discover"
	maximumPort       = 65_535
	neutralConnection = "esdb://localhost"
)

// settings lists the keys that an address may hold, in lower case, with what
// checks the value before the official client sees it: it ignores unknown keys
// and turns some wrong values into a deadline of zero.
var settings = map[string]func(string) error{
	"tls":                 isBool,
	"tlsverifycert":       isBool,
	"tlscafile":           isPath,
	"usercertfile":        isPath,
	"userkeyfile":         isPath,
	"nodepreference":      isOneOf("leader", "follower", "random", "readonlyreplica"),
	"keepaliveinterval":   isIntFrom(-1),
	"keepalivetimeout":    isIntFrom(-1),
	"defaultdeadline":     isIntFrom(1),
	"maxdiscoverattempts": isIntFrom(1),
	"discoveryinterval":   isIntFrom(1),
	"gossiptimeout":       isIntFrom(1),
}

// unixSettings are those that make sense for a socket file.
var unixSettings = []string{"keepaliveinterval", "keepalivetimeout", "defaultdeadline"}

// target is a checked address: what the official client is made from, and
// where to knock before one is made.
type target struct {
	config    esdb.Configuration
	endpoints []endpoint
	deadline  time.Duration // of a call whose context has none
	text      string        // the address without credentials
}

// endpoint is a network address in the form of net.Dial.
type endpoint struct{ network, address string }

// parseAddress checks an address and makes the official client's
// configuration from it. Its errors name the setting at fault and never hold
// credentials.
func parseAddress(address string) (target, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return target{}, errors.New(`event store address: no scheme; write esdb://host:2113?tls=false, esdb+discover://… or unix:///path`)
	}
	rest, query, _ := strings.Cut(rest, "?")
	values, err := parseSettings(query)
	if err != nil {
		return target{}, fmt.Errorf("event store address: %w", err)
	}
	var t target
	switch scheme {
	case schemeUnix:
		t, err = unixTarget(rest, values)
	case schemeSingle, schemeDiscover:
		t, err = networkTarget(scheme == schemeDiscover, rest, values)
	default:
		err = fmt.Errorf("unknown scheme %q; use esdb, esdb+discover or unix", scheme)
	}
	if err != nil {
		return target{}, fmt.Errorf("event store address: %w", err)
	}
	t.text = Redact(address)
	t.config.MaxDiscoverAttempts = discoverAttempts
	t.config.DiscoveryInterval = discoverInterval
	t.config.GossipTimeout = discoverTimeout
	t.deadline = defaultDeadline
	if t.config.DefaultDeadline != nil {
		t.deadline = *t.config.DefaultDeadline
	}
	return t, nil
}

// parseSettings reads the query of an address; every key is known, given once
// and has a valid value.
func parseSettings(query string) (url.Values, error) {
	raw, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the settings after ? are not of the form key=value&key=value")
	}
	values := url.Values{}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		name := strings.ToLower(key)
		check, known := settings[name]
		if !known {
			return nil, fmt.Errorf("unknown setting %q; known are %s", key, strings.Join(slices.Sorted(maps.Keys(settings)), ", "))
		}
		if len(raw[key]) > 1 || values.Has(name) {
			return nil, fmt.Errorf("setting %q is given twice", key)
		}
		if err := check(raw.Get(key)); err != nil {
			return nil, fmt.Errorf("setting %q %w", key, err)
		}
		values.Set(name, raw.Get(key))
	}
	if values.Has("usercertfile") != values.Has("userkeyfile") {
		return nil, errors.New("settings userCertFile and userKeyFile go together")
	}
	return values, nil
}

// unixTarget is a socket file on this machine: no TLS and no users, the file's
// permissions guard it.
func unixTarget(path string, values url.Values) (target, error) {
	if !filepath.IsAbs(path) {
		return target{}, errors.New("a unix address holds an absolute path: unix:///run/shiyang/store.sock")
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(unixSettings, key) {
			return target{}, fmt.Errorf("setting %q does not apply to a unix address", key)
		}
	}
	config, err := baseConfig(values)
	if err != nil {
		return target{}, err
	}
	config.DisableTLS = true
	config.Address = "unix://" + path
	return target{config: *config, endpoints: []endpoint{{"unix", path}}}, nil
}

func networkTarget(discover bool, rest string, values url.Values) (target, error) {
	rest = strings.TrimSuffix(rest, "/")
	config, err := baseConfig(values)
	if err != nil {
		return target{}, err
	}
	hosts := rest
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		hosts = rest[at+1:]
		if err := setCredentials(config, rest[:at]); err != nil {
			return target{}, err
		}
	}
	t := target{}
	for host := range strings.SplitSeq(hosts, ",") {
		name, port, err := splitHost(host)
		if err != nil {
			return target{}, err
		}
		t.endpoints = append(t.endpoints, endpoint{"tcp", net.JoinHostPort(name, port)})
		number, _ := strconv.ParseUint(port, 10, 16) // checked by splitHost
		if strings.Contains(name, ":") {
			name = "[" + name + "]" // the official client joins host and port as text
		}
		config.GossipSeeds = append(config.GossipSeeds, &esdb.EndPoint{Host: name, Port: uint16(number)})
	}
	config.DnsDiscover = discover
	if len(t.endpoints) == 1 { // one name: a single server, or with +discover one name for the whole cluster
		config.Address, config.GossipSeeds = t.endpoints[0].address, nil
	}
	t.config = *config
	return t, nil
}

// baseConfig lets the official client read the settings alone; the rest of the
// address is ours to read, since it mistakes passwords with commas for hosts.
func baseConfig(values url.Values) (*esdb.Configuration, error) {
	config, err := esdb.ParseConnectionString(neutralConnection + "?" + values.Encode())
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return config, nil
}

func setCredentials(config *esdb.Configuration, userinfo string) error {
	user, password, _ := strings.Cut(userinfo, ":")
	user, errUser := url.PathUnescape(user)
	password, errPassword := url.PathUnescape(password)
	switch {
	case errUser != nil || errPassword != nil:
		return errors.New("user or password holds a % that does not begin an escape; write it as %25")
	case user == "" || password == "":
		return errors.New("user and password are both needed; the client would send neither")
	case config.DisableTLS:
		return errors.New("user and password with tls=false: the client never sends them without TLS; remove one of the two")
	}
	config.Username, config.Password = user, password
	return nil
}

// splitHost reads host, host:port, [v6] or [v6]:port.
func splitHost(text string) (host, port string, err error) {
	host, port = text, defaultStorePort
	bare := strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
	if !bare && strings.Contains(text, ":") {
		if host, port, err = net.SplitHostPort(text); err != nil {
			return "", "", fmt.Errorf("host %q is not of the form host:port", text)
		}
	}
	if bare {
		host = text[1 : len(text)-1]
	}
	if host == "" || strings.ContainsAny(host, "/ @") {
		return "", "", fmt.Errorf("host %q is empty or holds a path", text)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > maximumPort {
		return "", "", fmt.Errorf("port of %q is not a number from 1 to %d", text, maximumPort)
	}
	return host, port, nil
}

func isBool(v string) error {
	if _, err := strconv.ParseBool(strings.ToLower(v)); err != nil {
		return errors.New("is true or false")
	}
	return nil
}

func isPath(v string) error {
	if v == "" {
		return errors.New("is the name of a file")
	}
	return nil
}

func isOneOf(allowed ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(allowed, strings.ToLower(v)) {
			return fmt.Errorf("is one of %s", strings.Join(allowed, ", "))
		}
		return nil
	}
}

func isIntFrom(least int) func(string) error {
	return func(v string) error {
		if n, err := strconv.ParseInt(v, 10, 32); err != nil || n < int64(least) {
			return fmt.Errorf("is a whole number from %d", least)
		}
		return nil
	}
}

// userinfo is what stands between :// and the last @ before a path, query,
// blank or the end.
var userinfo = regexp.MustCompile(`(://)[^/?\s]*@`)

// Redact returns text with the credentials of every address in it replaced by
// "***". Use it before an address is shown or logged.
func Redact(text string) string { return userinfo.ReplaceAllString(text, "${1}***@") }

// Package config holds everything that the binary can be told, and checks it
// before anything starts.
//
// A setting comes, strongest first, from a flag (--data), from the
// environment (SHIYANG_DATA), from the file named by --config, or from the
// default. Every wrong setting is reported with its name, value and remedy,
// all at once; a key that does not exist is an error, not a silence. The zero
// Config plus Default runs on a laptop.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Config is everything the binary can be told.
type Config struct {
	// Data is the folder of everything that is kept: journal, views, keys, files.
	Data string `yaml:"data" env:"DATA" help:"folder of everything that is kept"`
	// Listen is the address of the portal and the API.
	Listen string `yaml:"listen" env:"LISTEN" help:"address of the portal and the API"`
	// Admin is the address of metrics, profiles and health; empty means a free loopback port.
	Admin string `yaml:"admin" env:"ADMIN" help:"address of metrics, profiles and health"`
	// Internal is the address a part serves gRPC on when it runs alone.
	Internal string `yaml:"internal" env:"INTERNAL" help:"address a part serves gRPC on when it runs alone"`

	// EventStore is an esdb:// URL; empty means the embedded store.
	EventStore string `yaml:"event_store" env:"EVENT_STORE" help:"esdb:// URL; empty means the embedded store"`
	// Database is a postgres:// URL for views and secrets; empty means SQLite under Data.
	Database string `yaml:"database" env:"DATABASE" help:"postgres:// URL of the views; empty means SQLite in the data folder"`
	// KeyDatabase is a postgres:// URL of the keyring that all parts share; empty means Database, or SQLite under Data.
	KeyDatabase string `yaml:"key_database" env:"KEY_DATABASE" help:"postgres:// URL of the keyring that all parts share"`
	// Permits, Audit and Identity are addresses of parts that run elsewhere;
	// Identity is the internal address of the gateway, which keeps the accounts.
	Permits  string `yaml:"permits" env:"PERMITS" help:"address of the permits part when it runs elsewhere"`
	Audit    string `yaml:"audit" env:"AUDIT" help:"address of the audit part when it runs elsewhere"`
	Identity string `yaml:"identity" env:"IDENTITY" help:"internal address of the gateway when it runs elsewhere"`
	// TokenKey is the file of the key that signs actor tokens; made when it does not exist.
	TokenKey string `yaml:"token_key" env:"TOKEN_KEY" help:"file of the key that signs actor tokens"`
	// MasterKey is the file of the key that wraps the keys of persons; made when it does not exist.
	MasterKey string `yaml:"master_key" env:"MASTER_KEY" help:"file of the key that wraps the keys of persons"`

	// TLSCert and TLSKey are files; both or neither.
	TLSCert string `yaml:"tls_cert" env:"TLS_CERT" help:"certificate file of the portal, or of the store that runs alone"`
	TLSKey  string `yaml:"tls_key" env:"TLS_KEY" help:"key file of the portal, or of the store that runs alone"`
	// BehindProxy is a CIDR whose X-Forwarded-* headers are believed.
	BehindProxy string `yaml:"behind_proxy" env:"BEHIND_PROXY" help:"CIDR of the proxy that ends TLS"`
	// Registrations and SignIns are let through per address in ten minutes; 0
	// means without limit.
	Registrations int64 `yaml:"registrations" env:"REGISTRATIONS" help:"registrations per address in ten minutes; 0 means no limit"`
	SignIns       int64 `yaml:"sign_ins" env:"SIGN_INS" help:"sign-ins per address in ten minutes; 0 means no limit"`

	// Demo makes a demo bureau in an empty data folder.
	Demo bool `yaml:"demo" env:"DEMO" help:"make a demo bureau in an empty data folder"`
	// Tick is how often time-driven facts are looked for.
	Tick time.Duration `yaml:"tick" env:"TICK" help:"how often time-driven facts are looked for"`
	// Clock is the instant at which a pretended clock starts, for training and
	// tests on this machine only; empty means the real time.
	Clock string `yaml:"clock" env:"CLOCK" help:"instant at which a pretended clock starts, for training on this machine"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `yaml:"log_level" env:"LOG_LEVEL" help:"debug, info, warn or error"`
	// LogFormat is text or json.
	LogFormat string `yaml:"log_format" env:"LOG_FORMAT" help:"text or json"`
	// CacheBytes bounds the embedded store's block cache.
	CacheBytes int64 `yaml:"cache_bytes" env:"CACHE_BYTES" help:"block cache of the embedded store, bytes"`
	// StoreGroupBytes and StoreTailBytes bound the events that each consumer
	// group, and all subscriptions together, of the embedded store hold.
	StoreGroupBytes int64 `yaml:"store_group_bytes" env:"STORE_GROUP_BYTES" help:"events that one consumer group of the store holds in memory, bytes"`
	StoreTailBytes  int64 `yaml:"store_tail_bytes" env:"STORE_TAIL_BYTES" help:"newest events that the store holds in memory for subscriptions, bytes"`
	// StoreAdvertise is the address that the store tells to clients that discover it.
	StoreAdvertise string `yaml:"store_advertise" env:"STORE_ADVERTISE" help:"host:port that serve eventstore tells clients; the one they reached when empty"`
	// StoreAnonymous gives whoever does not sign in the rights of everybody.
	StoreAnonymous bool `yaml:"store_anonymous" env:"STORE_ANONYMOUS" help:"serve eventstore with TLS, but let clients in that do not sign in"`
	// StoreProfiles shows profiles of the store that runs alone on its admin address.
	StoreProfiles bool `yaml:"store_profiles" env:"STORE_PROFILES" help:"serve eventstore shows Go's profiles on its admin address"`
	// Meters is the address that meters send HJ 212 frames to; empty means that
	// none are listened to, in a demo bureau a free loopback port.
	Meters string `yaml:"meters" env:"METERS" help:"address that meters send HJ 212 frames to; empty means none"`
	// MinuteDays is how long minute data of meters are kept.
	MinuteDays int64 `yaml:"minute_days" env:"MINUTE_DAYS" help:"days that minute data of meters are kept, by whole months"`
	// MeterSilence is after how many hours without data a meter is told silent.
	MeterSilence int64 `yaml:"meter_silence" env:"METER_SILENCE" help:"hours without data after which a meter is told silent"`
	// ManualReadings counts readings that were set by hand (flag S) as valid.
	ManualReadings bool `yaml:"manual_readings" env:"MANUAL_READINGS" help:"readings set by hand (flag S) are held against limits"`
	// PermitMark is the letter after the site sequence of a permit number.
	PermitMark string `yaml:"permit_mark" env:"PERMIT_MARK" help:"last letter of locally given permit numbers"`
	// NumberSource is who gives the numbers of permits and registrations: the
	// national platform, or this system for a demonstration.
	NumberSource string `yaml:"number_source" env:"NUMBER_SOURCE" help:"national: numbers come from the national platform; local: from here, marked as a demonstration; empty: local in a demo bureau, else national"`
}

// National reports whether numbers of permits come from the national platform.
func (c Config) National() bool {
	return c.NumberSource == "national" || c.NumberSource == "" && !c.Demo
}

// Default returns the settings of a laptop.
func Default() Config {
	return Config{
		Data: "./shiyang-data", Listen: "127.0.0.1:8080", Admin: "127.0.0.1:0", Internal: "127.0.0.1:0",
		Demo: true, Tick: 30 * time.Second, LogLevel: "warn", LogFormat: "text", CacheBytes: 16 << 20, PermitMark: "P",
		Registrations: 30, SignIns: 300, StoreGroupBytes: 8 << 20, StoreTailBytes: 4 << 20,
		MinuteDays: 92, MeterSilence: 6,
	}
}

// A MistakeError is one wrong setting.
type MistakeError struct {
	Key, Value, Reason, Remedy string
}

// Error says which setting is wrong, why, and what to do.
func (m *MistakeError) Error() string {
	text := m.Key
	if m.Value != "" {
		text += fmt.Sprintf(" = %q", m.Value)
	}
	return text + ": " + m.Reason + "; " + m.Remedy
}

// Check returns every mistake, joined, or nil.
func (c Config) Check() error {
	var found []error
	wrong := func(key, value, reason, remedy string) {
		found = append(found, &MistakeError{key, value, reason, remedy})
	}
	if c.Data == "" {
		wrong("data", "", "is empty", "name a folder, for example ./shiyang-data")
	} else if info, err := os.Stat(c.Data); err == nil && !info.IsDir() {
		wrong("data", c.Data, "is a file", "name a folder")
	}
	for key, addr := range map[string]string{"listen": c.Listen, "admin": c.Admin, "internal": c.Internal} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			wrong(key, addr, "is no address", "write host:port, for example 127.0.0.1:8080")
		}
	}
	c.checkExposure(wrong)
	c.checkStores(wrong)
	if _, err := time.Parse(time.RFC3339, c.Clock); c.Clock != "" && (err != nil || !Loopback(c.Listen) || c.EventStore != "") {
		wrong("clock", c.Clock, "is no instant, or the bureau is not a training one",
			"write 2026-11-23T09:00:00+08:00, listen on loopback and use the embedded store")
	}
	for key, count := range map[string]int64{"registrations": c.Registrations, "sign_ins": c.SignIns} {
		if count < 0 || count > 1_000_000 {
			wrong(key, fmt.Sprint(count), "is no such number", "use 1 to 1000000, or 0 for no limit")
		}
	}
	if c.Tick < time.Second {
		wrong("tick", c.Tick.String(), "is too short", "use one second or more")
	}
	if !oneOf(c.LogLevel, "debug", "info", "warn", "error") {
		wrong("log_level", c.LogLevel, "is unknown", "use debug, info, warn or error")
	}
	if !oneOf(c.LogFormat, "text", "json") {
		wrong("log_format", c.LogFormat, "is unknown", "use text or json")
	}
	if c.CacheBytes < 1<<20 {
		wrong("cache_bytes", fmt.Sprint(c.CacheBytes), "is too small", "use 1048576 or more")
	}
	for key, bytes := range map[string]int64{"store_group_bytes": c.StoreGroupBytes, "store_tail_bytes": c.StoreTailBytes} {
		if bytes < 1<<16 || bytes > 1<<32 {
			wrong(key, fmt.Sprint(bytes), "is no such size", "use 65536 to 4294967296")
		}
	}
	c.checkMeters(wrong)
	if _, _, err := net.SplitHostPort(c.StoreAdvertise); c.StoreAdvertise != "" && err != nil {
		wrong("store_advertise", c.StoreAdvertise, "is no address", "write host:port as clients reach it")
	}
	if len(c.PermitMark) != 1 || c.PermitMark[0] < 'A' || c.PermitMark[0] > 'Z' {
		wrong("permit_mark", c.PermitMark, "is no capital letter", "use one letter, for example P")
	}
	if !slices.Contains([]string{"", "national", "local"}, c.NumberSource) {
		wrong("number_source", c.NumberSource, "is neither", "write national or local")
	}
	return errors.Join(found...)
}

// checkMeters refuses settings of automatic monitoring that mean nothing.
func (c Config) checkMeters(wrong func(key, value, reason, remedy string)) {
	if _, _, err := net.SplitHostPort(c.Meters); c.Meters != "" && err != nil {
		wrong("meters", c.Meters, "is no address", "write host:port, for example 0.0.0.0:9212, or leave it empty")
	}
	if c.MinuteDays < 1 || c.MinuteDays > 3660 {
		wrong("minute_days", fmt.Sprint(c.MinuteDays), "is no such time", "use 1 to 3660 days")
	}
	if c.MeterSilence < 1 || c.MeterSilence > 720 {
		wrong("meter_silence", fmt.Sprint(c.MeterSilence), "is no such time", "use 1 to 720 hours")
	}
}

// CheckPart returns what a part that runs alone lacks, joined, or nil.
func (c Config) CheckPart(part string) error {
	var found []error
	need := func(key, value, remedy string) {
		if value == "" {
			found = append(found, &MistakeError{key, value, "is needed by a part that runs alone", remedy})
		}
	}
	need("event_store", c.EventStore, "start one with: shiyang serve eventstore, or name a cluster, esdb://host:2113")
	need("token_key", c.TokenKey, "name the key file that all parts share")
	need("master_key", c.MasterKey, "name the key file that all parts share")
	switch part {
	case "gateway":
		need("permits", c.Permits, "name the address of the permits part")
		need("audit", c.Audit, "name the address of the audit part")
	case "audit":
		need("permits", c.Permits, "name the address of the permits part")
		need("identity", c.Identity, "name the internal address of the gateway, which keeps the accounts")
	}
	return errors.Join(found...)
}

// CheckStore returns what the event store lacks to run alone, or nil.
func (c Config) CheckStore() error {
	if c.TLSCert == "" && !Loopback(c.Internal) {
		return &MistakeError{
			"internal", c.Internal, "would let everybody on the network read and write events",
			"give tls_cert and tls_key, or listen on 127.0.0.1",
		}
	}
	return nil
}

// checkExposure refuses a plain listen beyond loopback.
func (c Config) checkExposure(wrong func(key, value, reason, remedy string)) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("tls_cert", c.TLSCert, "comes without its other half", "give both tls_cert and tls_key")
	}
	if c.BehindProxy != "" {
		if _, err := netip.ParsePrefix(c.BehindProxy); err != nil {
			wrong("behind_proxy", c.BehindProxy, "is no CIDR", "write the proxy's network, for example 10.1.0.0/16")
		}
	}
	if c.TLSCert == "" && c.BehindProxy == "" && !Loopback(c.Listen) {
		wrong("listen", c.Listen, "would send passwords in the clear beyond this machine",
			"give tls_cert and tls_key, or behind_proxy if a proxy ends TLS, or listen on 127.0.0.1")
	}
	if !Loopback(c.Admin) && c.BehindProxy == "" && c.TLSCert == "" {
		wrong("admin", c.Admin, "would show profiles beyond this machine", "listen on 127.0.0.1")
	}
}

func (c Config) checkStores(wrong func(key, value, reason, remedy string)) {
	if c.EventStore != "" {
		u, err := url.Parse(c.EventStore)
		if err != nil || !oneOf(u.Scheme, "esdb", "esdb+discover", "unix") {
			wrong("event_store", Redact(c.EventStore), "is no event store URL", "write esdb://host:2113 or leave it empty for the embedded store")
		}
	}
	for key, raw := range map[string]string{"database": c.Database, "key_database": c.KeyDatabase} {
		u, err := url.Parse(raw)
		if raw != "" && (err != nil || !oneOf(u.Scheme, "postgres", "postgresql")) {
			wrong(key, Redact(raw), "is no PostgreSQL URL", "write postgres://user@host/name or leave it empty for SQLite")
		}
	}
}

// Path returns a path below the data folder.
func (c Config) Path(elem ...string) string {
	return filepath.Join(append([]string{c.Data}, elem...)...)
}

// Now is the clock of the bureau: the real one, or a pretended one that began
// to run at Clock when this was called.
func (c Config) Now() func() time.Time {
	start, err := time.Parse(time.RFC3339, c.Clock)
	if err != nil {
		return time.Now
	}
	began := time.Now()
	return func() time.Time { return start.Add(time.Since(began)) }
}

// Secure tells whether browsers reach the portal over TLS.
func (c Config) Secure() bool { return c.TLSCert != "" || c.BehindProxy != "" }

// Loopback tells whether only this machine can reach an address.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// Redact hides the user information of a URL.
func Redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	u.User = url.User("redacted")
	return u.String()
}

func oneOf(s string, list ...string) bool {
	for _, x := range list {
		if s == x {
			return true
		}
	}
	return false
}

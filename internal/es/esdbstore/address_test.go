package esdbstore_test

import (
	"strings"
	"testing"
	"time"

	"shiyang/internal/es/esdbstore"
)

func TestAddress(t *testing.T) {
	for address, want := range map[string]string{
		"esdb://localhost:2113?tls=false":      "localhost:2113",
		"esdb://store":                         "store:2113",
		"esdb://[::1]:2114?tls=false":          "[::1]:2114",
		"esdb://[fe80::1]":                     "[fe80::1]:2113",
		"esdb+discover://cluster.example:2113": "cluster.example:2113",
		"unix:///run/shiyang/store.sock":       "unix:///run/shiyang/store.sock",
	} {
		config, err := esdbstore.ParseAddress(address)
		if err != nil || config.Address != want || len(config.GossipSeeds) != 0 {
			t.Errorf("%s: %q %v, %v", address, config.Address, config.GossipSeeds, err)
		}
		if config.DnsDiscover != strings.HasPrefix(address, "esdb+discover") {
			t.Errorf("%s: discover %v", address, config.DnsDiscover)
		}
		if config.DisableTLS != (strings.Contains(address, "tls=false") || strings.HasPrefix(address, "unix:")) {
			t.Errorf("%s: without TLS %v", address, config.DisableTLS)
		}
		if config.MaxDiscoverAttempts != 1_000_000 || config.DiscoveryInterval != 50 || config.GossipTimeout != 1 {
			t.Errorf("%s: discovery %d × %d ms, %d s", address, config.MaxDiscoverAttempts, config.DiscoveryInterval, config.GossipTimeout)
		}
	}
}

func TestAddressOfACluster(t *testing.T) {
	config, err := esdbstore.ParseAddress("esdb://writer:p%2Ca%40ss@a:1,b,[::1]:3?NodePreference=follower&maxDiscoverAttempts=3&defaultDeadline=1500")
	if err != nil {
		t.Fatal(err)
	}
	var seeds []string
	for _, s := range config.GossipSeeds {
		seeds = append(seeds, s.String())
	}
	if got := strings.Join(seeds, " "); got != "a:1 b:2113 [::1]:3" {
		t.Error(got)
	}
	if config.Username != "writer" || config.Password != "p,a@ss" || config.DisableTLS || config.NodePreference != "Follower" {
		t.Errorf("%q %q %v %v", config.Username, config.Password, config.DisableTLS, config.NodePreference)
	}
	if config.MaxDiscoverAttempts != 1_000_000 || *config.DefaultDeadline != 1500*time.Millisecond {
		t.Errorf("%d %s", config.MaxDiscoverAttempts, config.DefaultDeadline)
	}
}

func TestAddressIsRefused(t *testing.T) {
	for address, want := range map[string]string{
		"localhost:2113":                            "no scheme",
		"http://localhost":                          `unknown scheme "http"`,
		"kurrentdb://localhost":                     "unknown scheme",
		"esdb://":                                   "empty",
		"esdb://localhost/path":                     "path",
		"esdb://a,,b":                               "empty",
		"esdb://localhost:0":                        "port",
		"esdb://localhost:70000":                    "port",
		"esdb://a:b:c":                              "host:port",
		"esdb://localhost?tsl=false":                `unknown setting "tsl"`,
		"esdb://localhost?tls=perhaps":              `setting "tls" is true or false`,
		"esdb://localhost?tls=false&TLS=true":       "given twice",
		"esdb://localhost?tls=false&tls=true":       "given twice",
		"esdb://localhost?defaultDeadline=0":        "whole number from 1",
		"esdb://localhost?defaultDeadline=10s":      "whole number from 1",
		"esdb://localhost?keepAliveInterval=-2":     "whole number from -1",
		"esdb://localhost?nodePreference=any":       "is one of leader",
		"esdb://localhost?userCertFile=c":           "go together",
		"esdb://localhost?tlsCAFile=/no/such/file":  "no such file",
		"esdb://localhost?a=%zz":                    "key=value",
		"esdb://admin:changeit@localhost?tls=false": "never sends them",
		"esdb://changeit@localhost":                 "both needed",
		"esdb://:changeit@localhost":                "both needed",
		"esdb://admin:changeit%@localhost":          "%25",
		"unix://relative.sock":                      "absolute path",
		"unix:///s?tls=true":                        `setting "tls" does not apply`,
	} {
		_, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: address})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		} else if strings.Contains(err.Error(), "changeit") {
			t.Errorf("%s: tells the password: %v", address, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"esdb://a:b@h:1,i:2?tls=true":              "esdb://***@h:1,i:2?tls=true",
		"dial esdb://a:p@ss@h: refused (esdb://h)": "dial esdb://***@h: refused (esdb://h)",
		"unix:///run/a@b.sock":                     "unix:///run/a@b.sock",
		"postgres://u:p@h/db and mail a@b":         "postgres://***@h/db and mail a@b",
	} {
		if got := esdbstore.Redact(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

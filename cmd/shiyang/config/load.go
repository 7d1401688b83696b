package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// Prefix of every environment variable.
const Prefix = "SHIYANG_"

// Bind adds a flag for every setting: event_store becomes --event-store.
// The flags write into c, whose present values are the defaults.
func (c *Config) Bind(flags *pflag.FlagSet) {
	for _, s := range c.settings() {
		switch p := s.target.(type) {
		case *string:
			flags.StringVar(p, s.flag, *p, s.help)
		case *bool:
			flags.BoolVar(p, s.flag, *p, s.help)
		case *int64:
			flags.Int64Var(p, s.flag, *p, s.help)
		case *time.Duration:
			flags.DurationVar(p, s.flag, *p, s.help)
		}
	}
}

// Load completes c, whose flags were parsed: what no flag gave comes from the
// environment, then from the file (empty means none). It returns every
// mistake, joined.
func (c *Config) Load(flags *pflag.FlagSet, environ []string, file string) error {
	fromFile := Default()
	if err := fromFile.readFile(file); err != nil {
		return err
	}
	env, err := fromEnviron(c.settings(), environ)
	errs := []error{err}
	files := fromFile.settings()
	for i, s := range c.settings() {
		if f := flags.Lookup(s.flag); f != nil && f.Changed {
			continue
		}
		if value, ok := env[s.env]; ok {
			errs = append(errs, s.set(value))
			continue
		}
		if file != "" {
			reflect.ValueOf(s.target).Elem().Set(reflect.ValueOf(files[i].target).Elem())
		}
	}
	errs = append(errs, c.Check())
	return errors.Join(errs...)
}

func (c *Config) readFile(file string) error {
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return &MistakeError{"config", file, "cannot be read: " + err.Error(), "name a YAML file"}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return &MistakeError{"config", file, "has a wrong key or value: " + err.Error(), "see docs/configuration.md for the keys"}
	}
	return nil
}

type setting struct {
	key, flag, env, help string
	target               any
}

func (c *Config) settings() []setting {
	v := reflect.ValueOf(c).Elem()
	list := make([]setting, v.NumField())
	for i := range list {
		tag := v.Type().Field(i).Tag
		key := tag.Get("yaml")
		list[i] = setting{key, strings.ReplaceAll(key, "_", "-"), Prefix + tag.Get("env"), tag.Get("help"), v.Field(i).Addr().Interface()}
	}
	return list
}

func (s setting) set(value string) error {
	var err error
	switch p := s.target.(type) {
	case *string:
		*p = value
	case *bool:
		*p, err = strconv.ParseBool(value)
	case *int64:
		*p, err = strconv.ParseInt(value, 10, 64)
	case *time.Duration:
		*p, err = time.ParseDuration(value)
	}
	if err != nil {
		return &MistakeError{s.env, value, "cannot be read", fmt.Sprintf("give a %T", reflect.ValueOf(s.target).Elem().Interface())}
	}
	return nil
}

// fromEnviron picks our variables; one that we do not know is a mistake, but
// names that tests use are left alone.
func fromEnviron(known []setting, environ []string) (map[string]string, error) {
	found := map[string]string{}
	var errs []error
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, Prefix) || strings.HasPrefix(name, Prefix+"TEST_") {
			continue
		}
		ok := name == Prefix+"CONFIG" || name == Prefix+"PASSWORD"
		for _, s := range known {
			if s.env == name {
				found[name], ok = value, true
			}
		}
		if !ok {
			errs = append(errs, &MistakeError{name, "", "is no setting", "see docs/configuration.md for the names"})
		}
	}
	return found, errors.Join(errs...)
}

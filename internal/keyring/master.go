package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// mountedMode is that of a secret which a container platform mounts read-only
// for the group of this process alone: nobody may write it, others not read it.
const mountedMode = 0o440

// MasterKey reads the master key from a file, or makes the file with a new
// key if there is none. Two processes that start at once get the same key.
// A file that its group or others may read is refused: whoever read it may
// have copied the key. Mode 0440 is taken, as container platforms mount secrets.
func MasterKey(file string) ([]byte, error) {
	key, err := readMaster(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createMaster(file); err == nil {
			key, err = readMaster(file)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return key, nil
}

func readMaster(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 1024 {
		return nil, fmt.Errorf("%s is no key file", file)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && mode != mountedMode {
		return nil, fmt.Errorf("%s may be read by others (mode %#o): run chmod 600 on it, and replace the key if others had access", file, mode)
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("%s does not hold %d bytes in base64", file, keySize)
	}
	return key, nil
}

// createMaster writes a new key beside the file and links it into place, so
// that nobody ever sees half a key and the first of several wins.
func createMaster(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(random(keySize)) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

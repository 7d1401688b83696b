package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"shiyang/eventstore"
	"shiyang/internal/backup"
)

// ErrNobody reports a data folder that no process has in use.
var ErrNobody = errors.New("no process serves this data folder")

// Client speaks with the process that has a data folder in use. It implements
// [Keeper].
type Client struct{ http *http.Client }

var _ Keeper = (*Client)(nil)

// Dial finds the process that has a data folder in use, or fails with
// [ErrNobody].
func Dial(ctx context.Context, data string) (*Client, error) {
	path := filepath.Join(data, socketName)
	if target, err := os.Readlink(path); err == nil {
		path = target
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	conn, err := dial(ctx, "", "")
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EINVAL):
		// No socket, one of a process that was killed, or a path that is too
		// long to be one.
		return nil, ErrNobody
	case err != nil:
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true}}}, nil
}

// Close ends the use of the door.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) call(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the running process: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("ask the running process: %s", response.Status), response.Body.Close())
	}
	return response, nil
}

// Backup implements [Keeper]: the running process hands its files out.
func (c *Client) Backup(ctx context.Context, put backup.Put) (backup.Summary, error) {
	response, err := c.call(ctx, backupPath)
	if err != nil {
		return backup.Summary{}, err
	}
	s, err := receive(response, put)
	return s, errors.Join(err, response.Body.Close())
}

func receive(response *http.Response, put backup.Put) (backup.Summary, error) {
	_, params, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return backup.Summary{}, fmt.Errorf("answer of the running process: %w", err)
	}
	parts := multipart.NewReader(response.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return backup.Summary{}, brokeOff(err)
		}
		if part.Header.Get(lastField) == "" {
			if err := receiveFile(part, put); err != nil {
				return backup.Summary{}, err
			}
			continue
		}
		var end ending
		if err := json.NewDecoder(part).Decode(&end); err != nil {
			return backup.Summary{}, brokeOff(err)
		}
		if end.Failure != "" {
			return backup.Summary{}, errors.New(end.Failure)
		}
		return end.Summary, nil
	}
}

func receiveFile(part *multipart.Part, put backup.Put) error {
	name, err := strconv.Unquote(part.Header.Get(nameField))
	if err != nil {
		return fmt.Errorf("answer of the running process: name %q: %w", part.Header.Get(nameField), err)
	}
	size := int64(-1)
	if text := part.Header.Get(sizeField); text != "" {
		if size, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("answer of the running process: size of %s: %w", name, err)
		}
	}
	return put(name, size, &unbroken{part})
}

// unbroken says of content that ends too early why it does.
type unbroken struct{ r io.Reader }

// Read implements [io.Reader].
func (u *unbroken) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = brokeOff(err)
	}
	return n, err
}

func brokeOff(err error) error { return fmt.Errorf("the running process broke off: %w", err) }

// Check implements [Keeper]: the running process reads its log.
func (c *Client) Check(ctx context.Context, progress func(done, total int64)) (Findings, error) {
	end, err := c.listen(ctx, checkPath, progress)
	if err == nil && end.Findings == nil {
		err = errNoEnd
	}
	if err != nil {
		return Findings{}, err
	}
	return *end.Findings, nil
}

// Scavenge implements [Keeper]: the running process scavenges its log.
func (c *Client) Scavenge(ctx context.Context, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error) {
	order := url.Values{dryRunField: {strconv.FormatBool(o.DryRun)}, leastField: {strconv.Itoa(o.LeastPercent)}}
	end, err := c.listen(ctx, scavengePath+"?"+order.Encode(), o.Progress)
	if end.Scavenged == nil {
		return eventstore.ScavengeReport{}, cmp.Or(err, errNoEnd)
	}
	return *end.Scavenged, err
}

// errNoEnd reports an answer to another question.
var errNoEnd = errors.New("answer of the running process: its end says nothing")

// listen makes a call and returns the last line of its answer, with the failure
// that it tells.
func (c *Client) listen(ctx context.Context, path string, progress func(done, total int64)) (end report, err error) {
	response, err := c.call(ctx, path)
	if err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	lines := json.NewDecoder(response.Body)
	for {
		var line report
		if err := lines.Decode(&line); err != nil {
			return report{}, brokeOff(err)
		}
		switch {
		case line.Failure != "":
			return line, errors.New(line.Failure)
		case line.ended():
			return line, nil
		case progress != nil:
			progress(line.Done, line.Total)
		}
	}
}

// Package supervised lets the writers of package load use the client that the
// services use: esdbstore over the official client. Start reading at Dial.
package supervised

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Client is a supervised client as an appender of package load.
type Client struct {
	*esdbstore.Client
	appender *esdbstore.Store
	trial    *trial.Trial
	oracle   *oracle.Oracle
	deadline time.Duration
	watch    *trial.Watch
}

// Dial makes a supervised client of a store. Every append has a deadline.
func Dial(ctx context.Context, t *trial.Trial, o *oracle.Oracle, url string, deadline time.Duration) (*Client, error) {
	c, err := esdbstore.Dial(ctx, esdbstore.Config{URL: url})
	if err != nil {
		return nil, err
	}
	return &Client{Client: c, appender: esdbstore.NewStore(c, es.NewCodec(nil)), trial: t, oracle: o, deadline: deadline, watch: trial.NewWatch()}, nil
}

// Close ends the client.
func (c *Client) Close() error {
	c.watch.Stop()
	return c.Client.Close()
}

// Append stores a command of as many events as there are ids; their ids in the
// store are derived from the first. It reports how the call ended.
func (c *Client) Append(ctx context.Context, stream string, expected wire.Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error) {
	command := ids[0].String()
	sent := make([]oracle.Event, len(ids))
	events := make([]es.Event, len(ids))
	for i := range ids {
		id, err := uuid.Parse(es.EventID(stream, command, i))
		if err != nil {
			return nil, err
		}
		sent[i] = oracle.Event{ID: id, Stream: stream, Revision: uint64(expected) + 1 + uint64(i)}
		events[i] = &permitsv1.FacilityChanged{Reason: strings.Repeat("x", size)}
	}
	c.oracle.Send(sent...)
	began := time.Now()
	at := began.UTC()
	meta := es.Meta{CommandID: command, CommandHash: "00", Actor: es.Actor{ID: "system:torture", Role: "system"}, OccurredAt: at, RecordedAt: at}
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	appended, err := c.appender.Append(ctx, stream, es.Revision(expected+1), meta, events...)
	c.trial.Late("network", c.watch, began, c.deadline)
	switch {
	case errors.Is(err, es.ErrConflict):
		return nil, &wire.WrongRevisionError{Current: -1}
	case errors.Is(err, esdbstore.ErrOutcomeUnknown):
		c.trial.Add("outcome unknown", 1)
	case errors.Is(err, esdbstore.ErrUnavailable):
		c.trial.Add("store unavailable", 1)
	case err != nil:
		c.trial.Add("other failures", 1)
		c.trial.Note("for example: %.200s", err.Error())
	default:
		sent[len(sent)-1].Position = uint64(appended.Position)
		if uint64(appended.Revision) != sent[len(sent)-1].Revision+1 {
			err = fmt.Errorf("%s is said to be at %d", stream, appended.Revision)
			c.trial.Fault("%v, %d events after %d", err, len(ids), expected)
		}
	}
	return sent, err
}

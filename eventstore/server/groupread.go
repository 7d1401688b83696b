package server

import (
	"errors"
	"io"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"shiyang/eventstore/access"
	"shiyang/eventstore/consumer"
	"shiyang/eventstore/journal"
)

// How many events a client of a group may hold.
const (
	defaultHolding = 10
	maxHolding     = 1 << 14
)

// Read connects a client to a group: first its options, then what it did with
// each event, while events go the other way. A client that only listens from
// some point on keeps getting events, as far as its buffer goes.
func (g groups) Read(stream persistent.PersistentSubscriptions_ReadServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	o := first.GetOptions()
	if o == nil {
		return invalid("the first message must be the options")
	}
	size := int(o.GetBufferSize())
	if size == 0 {
		size = defaultHolding
	}
	if size < 0 || size > maxHolding {
		return invalid("the buffer size %d is not in 1 to %d", size, maxHolding)
	}
	ctx, key, rights := stream.Context(), keyOf(o), g.guard.rights.now()
	if err := g.guard.allow(ctx, access.Read, key.Stream); err != nil {
		return toStatus(streamTrailer(stream), err)
	}
	from, name := "", ""
	if p, ok := peer.FromContext(ctx); ok {
		from = p.Addr.String()
	}
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		name = strings.Join(md.Get("connection-name"), "")
	}
	client, err := g.groups.Connect(key, size, from, userOf(ctx), name)
	if err != nil {
		return toStatus(streamTrailer(stream), err)
	}
	defer client.Close()
	_, stringID := o.GetUuidOption().GetContent().(*persistent.ReadReq_Options_UUIDOption_String_)
	session := groupSession{groups: g, stream: stream, client: client, key: key, stringID: stringID, rights: rights}
	return toStatus(streamTrailer(stream), session.serve())
}

// groupSession is a client that is connected to a group.
type groupSession struct {
	groups
	stream   persistent.PersistentSubscriptions_ReadServer
	client   *consumer.Client
	key      consumer.Key
	stringID bool
	rights   uint64 // changes of rights that the session knows
}

// allowed asks again whether the client may read, if that may have changed.
func (g *groupSession) allowed() error {
	return g.guard.again(g.stream.Context(), access.Read, g.key.Stream, &g.rights)
}

func (g *groupSession) serve() error {
	err := g.stream.Send(&persistent.ReadResp{Content: &persistent.ReadResp_SubscriptionConfirmation_{
		SubscriptionConfirmation: &persistent.ReadResp_SubscriptionConfirmation{SubscriptionId: g.key.String()},
	}})
	if err != nil {
		return err
	}
	answers := make(chan error, 1)
	go func() { answers <- takeAnswers(g.stream, g.client) }()
	for {
		change := g.guard.rights.change()
		if err := g.allowed(); err != nil { // a change after this is seen by the channel
			return err
		}
		select {
		case <-change:
		case d := <-g.client.Out:
			if err := g.send(d); err != nil {
				return err
			}
		case err := <-answers:
			if err != nil {
				return err
			}
			answers = nil // half-closed
		case <-g.client.Dropped():
			return g.client.Err()
		case <-g.stream.Context().Done():
			return g.stream.Context().Err()
		}
	}
}

// send sends one event, unless the client may not have it any more.
func (g *groupSession) send(d consumer.Delivery) error {
	if err := g.allowed(); err != nil {
		return err
	}
	if err := g.guard.target(g.stream.Context(), &d.Target); err != nil {
		return err
	}
	r := resolve(d.Event, d.Target, g.stringID)
	r.grouped, r.retries = true, d.Retries
	f := frame(appendFrame(nil, r))
	return g.stream.SendMsg(&f)
}

// takeAnswers passes on what the client did with its events, until it has
// nothing more to say.
func takeAnswers(stream persistent.PersistentSubscriptions_ReadServer, client *consumer.Client) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch content := m.GetContent().(type) {
		case *persistent.ReadReq_Ack_:
			ids, err := idsOf(content.Ack.GetIds())
			if err != nil {
				return err
			}
			client.Ack(ids)
		case *persistent.ReadReq_Nack_:
			ids, err := idsOf(content.Nack.GetIds())
			if err != nil {
				return err
			}
			client.Nack(consumer.Action(content.Nack.GetAction()), content.Nack.GetReason(), ids)
		default:
			return invalid("after the options there are only answers to events")
		}
	}
}

func idsOf(list []*shared.UUID) ([]journal.UUID, error) {
	ids := make([]journal.UUID, len(list))
	for i, id := range list {
		var err error
		if ids[i], err = idOf(id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

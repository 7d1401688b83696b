package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

var accessTests = []test{
	{"a wrong login is Unauthenticated", []string{"connection 8", "error 1"}, wrongLogin, secure},
	{"a login of one call replaces the client's", []string{"connection 8"}, loginOfACall, users},
	{"who does not sign in is let in or refused by right", []string{"connection 8"}, anonymous, secure},
	{"access lists of a stream", []string{"access 1"}, accessLists, users},
	{"a refusal by its trailer", []string{"access 1", "error 1"}, accessTrailer, users},
	{"system streams and $all are for administrators", []string{"access 2"}, systemStreams, users},
	{"rights to metadata", []string{"access 3"}, metadataRights, users},
	{"default rights in $settings", []string{"access 4"}, defaultRights, users},
	{"who may manage groups", []string{"access 5"}, groupRights, users},
}

// other is a client of the user who is no administrator.
func (s suite) other() *esdb.Client {
	s.Helper()
	return s.as(s.endpoint.target.Other.Login, s.endpoint.target.Other.Password)
}

// tries are the five kinds of things that a user may do to a stream; each says
// how it ended. Deleting comes last.
func (s suite) tries(client *esdb.Client, stream string) map[string]error {
	s.Helper()
	out := map[string]error{}
	_, out["$r"] = s.receive(client.ReadStream(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all))
	_, out["$w"] = client.AppendToStream(s.ctx, stream, esdb.AppendToStreamOptions{}, event("w"))
	_, out["$mr"] = s.receive(client.ReadStream(s.ctx, "$$"+stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all))
	_, out["$d"] = client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	return out
}

// wantRights expects exactly some operations to be allowed and the others of
// tries to be denied.
func (s suite) wantRights(client *esdb.Client, stream, allowed string) {
	s.Helper()
	for operation, err := range s.tries(client, stream) {
		if code(err) == esdb.ErrorCodeResourceNotFound { // there are no metadata; that is no refusal
			err = nil
		}
		denied := err != nil && code(err) == esdb.ErrorCodeAccessDenied
		if may := slices.Contains(strings.Fields(allowed), operation); may == denied || may && err != nil {
			s.Errorf("%s of a stream that allows %q: %v", operation, allowed, err)
		}
	}
}

// setACL replaces a stream's metadata as the administrator.
func (s suite) setACL(stream, acl string) {
	s.Helper()
	meta := event("acl")
	meta.EventType, meta.Data = "$metadata", fmt.Appendf(nil, `{"$acl":%s}`, acl)
	s.append("$$"+stream, esdb.Any{}, meta)
}

func wrongLogin(s suite) {
	s.write(s.stream("a"), "a")
	nobody := "nobody-" + s.prefix
	admin := s.endpoint.config.Username
	for name, client := range map[string]*esdb.Client{"an unknown user": s.as(nobody, "x"), "a wrong password": s.as(admin, "wrong")} {
		_, err := client.AppendToStream(s.ctx, s.stream("b"), esdb.AppendToStreamOptions{}, event("b"))
		if code(err) != esdb.ErrorCodeUnauthenticated {
			s.Errorf("%s appends: %v (code %d)", name, err, code(err))
		}
		_, err = s.receive(client.ReadStream(s.ctx, s.stream("a"), esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
		if code(err) != esdb.ErrorCodeUnauthenticated {
			s.Errorf("%s reads: %v", name, err)
		}
	}
	s.wantStatus(s.ask(s.connAs(nobody, "x"), subscription(ofStream(s.stream("a"))), nil), codes.Unauthenticated)
	s.wantNotFound(s.stream("b"))
}

func loginOfACall(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	s.setACL(stream, `{"$r":"$admins"}`)
	other := s.endpoint.target.Other
	_, err := s.receive(s.client.ReadStream(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}, Authenticated: other}, 1))
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
	wrong := &esdb.Credentials{Login: "nobody-" + s.prefix, Password: "x"}
	_, err = s.receive(s.client.ReadStream(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}, Authenticated: wrong}, 1))
	s.wantCode(err, esdb.ErrorCodeUnauthenticated)
	s.wantStream(stream, "a")
}

// anonymous leaves it to the server's configuration whether strangers may use
// streams at all; they are never taken for somebody with a wrong password.
func anonymous(s suite) {
	open, closed := s.stream("open"), s.stream("closed")
	s.write(open, "a")
	s.write(closed, "a")
	s.setACL(closed, `{"$r":"$admins","$w":"$admins"}`)
	client := s.as("", "")
	read := func(stream string) error {
		_, err := s.receive(client.ReadStream(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
		return err
	}
	_, err := client.AppendToStream(s.ctx, open, esdb.AppendToStreamOptions{}, event("b"))
	if reading := read(open); (err == nil) != (reading == nil) {
		s.Errorf("writing: %v, reading: %v", err, reading)
	}
	if err != nil && code(err) != esdb.ErrorCodeAccessDenied {
		s.Errorf("a stranger is refused with %v", err)
	}
	s.wantCode(read(closed), esdb.ErrorCodeAccessDenied)
	s.wantCode(read("$"+s.prefix), esdb.ErrorCodeAccessDenied)
}

func accessLists(s suite) {
	login := s.endpoint.target.Other.Login
	for acl, allowed := range map[string]string{
		`{}`: "$r $w $d $mr",
		`{"$r":"$admins","$w":"$admins","$d":"$admins","$mr":"$admins"}`:         "",
		fmt.Sprintf(`{"$r":%q,"$w":"$admins","$d":["$admins"],"$mr":[]}`, login): "$r",
		fmt.Sprintf(`{"$r":["$admins",%q],"$w":%q}`, login, login):               "$r $w $d $mr",
		fmt.Sprintf(`{"$r":["x"],"$w":["y",%q],"$mr":"z"}`, login):               "$w $d",
		`{"$r":"$all","$w":"x","$d":["$all"],"$mr":"$all"}`:                      "$r $d $mr",
	} {
		name := s.stream(fmt.Sprint("acl", len(acl)))
		s.write(name, "a")
		s.setACL(name, acl)
		s.wantRights(s.other(), name, allowed)
	}
	closed := s.stream("closed")
	s.write(closed, "a")
	s.setACL(closed, `{"$r":"x","$w":"x","$d":"x","$mr":"x","$mw":"x"}`)
	s.wantRights(s.client, closed, "$r $w $d $mr") // administrators may do everything
}

func accessTrailer(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	s.setACL(stream, `{"$r":"$admins","$w":"$admins","$d":"$admins"}`)
	other := s.endpoint.target.Other
	conn := s.connAs(other.Login, other.Password)
	for name, a := range map[string]answer{
		"append":    s.send(conn, options(stream), proposed([]byte("1"))),
		"read":      s.ask(conn, ofStream(stream), nil),
		"subscribe": s.ask(conn, subscription(ofStream(stream)), nil),
	} {
		if got := a.trailers("exception"); got != "exception=access-denied" {
			s.Errorf("%s: %v with %s", name, a.err, got)
		}
		s.wantStatus(a, codes.PermissionDenied)
	}
	s.wantStream(stream, "a")
}

func systemStreams(s suite) {
	system, opened := "$"+s.prefix, "$"+s.prefix+"-opened"
	s.write(system, "a")
	s.write(opened, "a")
	other := s.other()
	s.wantRights(other, system, "")
	s.setACL(opened, `{"$r":"$all"}`)
	s.wantRights(other, opened, "$r")
	_, err := s.receive(other.ReadAll(s.ctx, esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1))
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
	_, err = other.SubscribeToAll(s.ctx, esdb.SubscribeToAllOptions{From: esdb.End{}})
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
}

// metadataRights asks for $mr and $mw, also by the name of the metadata stream.
func metadataRights(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	s.setACL(stream, `{"$mr":"$admins","$mw":"$admins"}`)
	other := s.other()
	_, err := s.receive(other.ReadStream(s.ctx, "$$"+stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1))
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
	_, err = other.SetStreamMetadata(s.ctx, stream, esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
	s.setACL(stream, fmt.Sprintf(`{"$mr":"$all","$mw":%q}`, s.endpoint.target.Other.Login))
	if _, err := other.GetStreamMetadata(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}}); err != nil {
		s.Error("reading metadata:", err)
	}
	if _, err := other.SetStreamMetadata(s.ctx, stream, esdb.AppendToStreamOptions{}, esdb.StreamMetadata{}); err != nil {
		s.Error("writing metadata:", err)
	}
}

// defaultRights changes the defaults of the server, and changes them back.
func defaultRights(s suite) {
	set := func(data string) {
		e := event("settings")
		e.EventType, e.Data = "$settings", []byte(data)
		s.append("$settings", esdb.Any{}, e)
	}
	before := "{}"
	if events, err := s.readStream("$settings", esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1); err == nil && len(events) == 1 {
		before = string(events[0].Event.Data)
	}
	defer set(before)
	set(`{"$userStreamAcl":{"$r":"$all","$w":"$admins","$d":"$admins","$mr":"$admins","$mw":"$admins"},
		"$systemStreamAcl":{"$r":"$all","$w":"$admins","$d":"$admins","$mr":"$admins","$mw":"$admins"}}`)
	plain, own, system := s.stream("plain"), s.stream("own"), "$"+s.prefix
	for _, stream := range []string{plain, own, system} {
		s.write(stream, "a")
	}
	s.setACL(own, `{"$w":"$all"}`)
	other := s.other()
	s.wantRights(other, plain, "$r")
	s.wantRights(other, own, "$r $w") // its own list goes before the default, operation by operation
	s.wantRights(other, system, "$r")
	set("{}")
	s.wantRights(other, plain, "$r $w $d $mr")
}

func groupRights(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	other := s.endpoint.target.Other
	conn := s.connAs(other.Login, other.Password)
	groups := persistent.NewPersistentSubscriptionsClient(conn)
	var a answer
	_, a.err = groups.Create(s.ctx, newGroup(stream, nil), grpc.Trailer(&a.trailer))
	s.wantStatus(a, codes.PermissionDenied)
	s.wantTrailers(a, "exception=access-denied")
	s.group(stream, esdb.Start{}, nil)
	_, a.err = groups.Delete(s.ctx, &persistent.DeleteReq{Options: &persistent.DeleteReq_Options{
		GroupName: groupName, StreamOption: &persistent.DeleteReq_Options_StreamIdentifier{StreamIdentifier: identifier(stream)},
	}})
	s.wantStatus(a, codes.PermissionDenied)
	_, a.err = groups.RestartSubsystem(s.ctx, &shared.Empty{})
	s.wantStatus(a, codes.PermissionDenied)
	// Who may read the stream may be a member of its group.
	s.joinAs(s.other(), stream, 10).want("a")
	s.setACL(stream, `{"$r":"$admins"}`)
	_, err := s.other().SubscribeToPersistentSubscription(s.ctx, stream, groupName, esdb.SubscribeToPersistentSubscriptionOptions{})
	s.wantCode(err, esdb.ErrorCodeAccessDenied)
}

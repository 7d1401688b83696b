package server_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// next returns the next event of a subscription, or what ended it.
func next(recv func() *esdb.SubscriptionEvent) (*esdb.ResolvedEvent, error) {
	for {
		switch step := recv(); {
		case step.EventAppeared != nil:
			return step.EventAppeared, nil
		case step.SubscriptionDropped != nil:
			return nil, step.SubscriptionDropped.Error
		}
	}
}

func wantEvent(t *testing.T, what string, recv func() *esdb.SubscriptionEvent) {
	t.Helper()
	if _, err := next(recv); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// wantDenied looks at the status: the official client hands it on as it is.
func wantDenied(t *testing.T, what string, err error) {
	t.Helper()
	if status.Code(err) != codes.PermissionDenied {
		t.Errorf("%s ends with %v, want access denied", what, err)
	}
}

func acl(t *testing.T, c *esdb.Client, stream, data string) {
	t.Helper()
	if err := write(t, c, "$$"+stream, "$metadata", data); err != nil {
		t.Fatal(err)
	}
}

// TestASubscriptionEndsWithTheRightToRead takes the right away in each way in
// which it can be: the subscription ends with access denied before it shows an
// event that was written afterwards, and others go on.
func TestASubscriptionEndsWithTheRightToRead(t *testing.T) {
	for name, take := range map[string]func(t *testing.T, s *secure, admin *esdb.Client) error{
		"the stream's list": func(t *testing.T, _ *secure, admin *esdb.Client) error {
			acl(t, admin, "open", `{"$acl":{"$r":"ann"}}`)
			return nil
		},
		"the default list": func(t *testing.T, _ *secure, admin *esdb.Client) error {
			return write(t, admin, "$settings", "update-default-acl", `{"$userStreamAcl":{"$r":["ann"]}}`)
		},
		"the user's groups": func(_ *testing.T, s *secure, _ *esdb.Client) error { return s.users.SetGroups("bob", nil) },
		"the user":          func(_ *testing.T, s *secure, _ *esdb.Client) error { return s.users.Delete("bob") },
		"disabled":          func(_ *testing.T, s *secure, _ *esdb.Client) error { return s.users.SetDisabled("bob", true) },
		"the password": func(_ *testing.T, s *secure, _ *esdb.Client) error {
			return s.users.SetPassword("bob", "another horse")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSecure(t, false)
			admin, ann, bob := s.as("admin"), s.as("ann"), s.as("bob")
			if name != "the default list" {
				acl(t, admin, "open", `{"$acl":{"$r":["ann","readers"]}}`)
			}
			subscribe := func(c *esdb.Client) func() *esdb.SubscriptionEvent {
				sub, err := c.SubscribeToStream(t.Context(), "open", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
				if err != nil {
					t.Fatal(err)
				}
				return sub.Recv
			}
			bobs, anns := subscribe(bob), subscribe(ann)
			if err := write(t, admin, "open", "Happened", `{"n":1}`); err != nil {
				t.Fatal(err)
			}
			wantEvent(t, "bob before", bobs)
			wantEvent(t, "ann before", anns)
			if err := take(t, s, admin); err != nil {
				t.Fatal(err)
			}
			_, err := next(bobs)
			wantDenied(t, "bob's subscription", err)
			if err := write(t, admin, "open", "Happened", `{"n":2}`); err != nil {
				t.Fatal(err)
			}
			wantEvent(t, "ann after", anns)
		})
	}
}

// TestNothingWrittenAfterAListIsShownToWhomItExcludes writes the list and then
// an event, without waiting for the subscription to notice the list.
func TestNothingWrittenAfterAListIsShownToWhomItExcludes(t *testing.T) {
	s := newSecure(t, false)
	admin, bob := s.as("admin"), s.as("bob")
	acl(t, admin, "$all", `{"$acl":{"$r":"readers"}}`)
	for range 20 {
		sub, err := bob.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.End{}, Filter: esdb.ExcludeSystemEventsFilter()})
		if err != nil {
			t.Fatal(err)
		}
		acl(t, admin, "$all", `{"$acl":{"$r":"$admins"}}`)
		if err := write(t, admin, "later", "Happened", `{}`); err != nil {
			t.Fatal(err)
		}
		_, err = next(sub.Recv)
		wantDenied(t, "the subscription", err)
		acl(t, admin, "$all", `{"$acl":{"$r":"readers"}}`)
	}
}

// TestAGroupsClientIsLetGoWithTheRightToRead, and its events go to the others.
func TestAGroupsClientIsLetGoWithTheRightToRead(t *testing.T) {
	s := newSecure(t, false)
	admin, ann, bob := s.as("admin"), s.as("ann"), s.as("bob")
	if err := write(t, admin, "open", "Happened", `{}`); err != nil {
		t.Fatal(err)
	}
	err := admin.CreatePersistentSubscription(t.Context(), "open", "g", esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := bob.SubscribeToPersistentSubscription(t.Context(), "open", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil || sub.Recv().EventAppeared == nil {
		t.Fatal("before:", err)
	}
	acl(t, admin, "open", `{"$acl":{"$r":"ann"}}`)
	if dropped := sub.Recv().SubscriptionDropped; dropped == nil {
		t.Fatal("the client goes on")
	}
	other, err := ann.SubscribeToPersistentSubscription(t.Context(), "open", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil || other.Recv().EventAppeared == nil {
		t.Fatal("the event goes to nobody else:", err)
	}
}

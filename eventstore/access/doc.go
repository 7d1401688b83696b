// Package access says who may do what in an event store that asks for users:
// users with passwords, and the access lists (访问控制表) of streams.
//
// Users are in a file of the data folder, not in the log: a reader of $all, a
// copy of the log and a migration never carry a password hash. The rules of
// streams are events, as in EventStoreDB: "$acl" in a stream's metadata, and
// the defaults in the stream $settings. Members of $admins may do everything;
// system streams, whose names begin with $, are theirs alone unless an access
// list says otherwise.
//
// The package may import the journal only. Start reading at Users for who, at
// Rules for what.
package access

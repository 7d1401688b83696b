// A smoke suite with the client for Node, against the server that
// SHIYANG_TEST_EVENTSTORE names by its connection string.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import {
  EventStoreDBClient, jsonEvent, persistentSubscriptionToAllSettingsFromDefaults, persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter, BACKWARDS, END, FORWARDS, NO_STREAM, PARK, PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionExistsError, START, StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError,
} from "@eventstore/db-client";

const patience = { timeout: 20_000 };
const client = EventStoreDBClient.connectionString(process.env.SHIYANG_TEST_EVENTSTORE);
after(() => client.dispose());

const named = (...names) => names.map((name) => jsonEvent({ type: "Happened", data: { name } }));
const nameOf = (resolved) => resolved.event.data.name;

async function collect(events) {
  const names = [];
  for await (const resolved of events) names.push(nameOf(resolved));
  return names.join(" ");
}

// take returns a function that waits for the next events of a subscription.
function take(subscription) {
  const events = subscription[Symbol.asyncIterator]();
  return async () => (await events.next()).value;
}

test("append and read", patience, async () => {
  const stream = randomUUID();
  const result = await client.appendToStream(stream, named("a", "b", "c"), { expectedRevision: NO_STREAM });
  assert.equal(result.success, true);
  assert.equal(result.nextExpectedRevision, 2n);
  assert.equal(await collect(client.readStream(stream)), "a b c");
  assert.equal(await collect(client.readStream(stream, { fromRevision: 1n })), "b c");
  assert.equal(await collect(client.readStream(stream, { direction: BACKWARDS, fromRevision: END })), "c b a");
  assert.equal(await collect(client.readAll({ direction: FORWARDS, fromPosition: result.position, maxCount: 1 })), "c");
});

test("a missing stream", patience, async () => {
  await assert.rejects(collect(client.readStream(randomUUID())), StreamNotFoundError);
});

test("a repeated append", patience, async () => {
  const stream = randomUUID();
  const events = named("a");
  for (let n = 0; n < 2; n++) {
    const result = await client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
    assert.equal(result.nextExpectedRevision, 0n);
  }
  assert.equal(await collect(client.readStream(stream)), "a");
});

test("a wrong revision", patience, async () => {
  const stream = randomUUID();
  await client.appendToStream(stream, named("a"));
  for (const expectedRevision of [NO_STREAM, 7n]) {
    await assert.rejects(client.appendToStream(stream, named("b"), { expectedRevision }), WrongExpectedVersionError);
  }
});

test("metadata", patience, async () => {
  const stream = randomUUID();
  await client.appendToStream(stream, named("a", "b", "c"));
  await client.setStreamMetadata(stream, { maxCount: 2, owner: "clerk" });
  const { metadata } = await client.getStreamMetadata(stream);
  assert.equal(metadata.maxCount, 2);
  assert.equal(metadata.owner, "clerk");
  assert.equal(await collect(client.readStream(stream)), "b c");
});

test("delete and tombstone", patience, async () => {
  const stream = randomUUID();
  await client.appendToStream(stream, named("a"));
  await client.deleteStream(stream, { expectedRevision: 0n });
  await assert.rejects(collect(client.readStream(stream)), StreamNotFoundError);
  const result = await client.appendToStream(stream, named("b"), { expectedRevision: NO_STREAM });
  assert.equal(result.nextExpectedRevision, 1n);
  await client.tombstoneStream(stream);
  await assert.rejects(client.appendToStream(stream, named("c")), StreamDeletedError);
});

test("subscribe to a stream", patience, async () => {
  const stream = randomUUID();
  await client.appendToStream(stream, named("a", "b"));
  const subscription = client.subscribeToStream(stream, { fromRevision: START });
  const next = take(subscription);
  assert.equal(nameOf(await next()), "a");
  assert.equal(nameOf(await next()), "b");
  await client.appendToStream(stream, named("c"));
  assert.equal(nameOf(await next()), "c");
  await subscription.unsubscribe();
});

test("subscribe to all with a filter", patience, async () => {
  const prefix = randomUUID();
  const { position } = await client.appendToStream(`${prefix}-0`, named("a"));
  const subscription = client.subscribeToAll({ fromPosition: position, filter: streamNameFilter({ prefixes: [prefix] }) });
  const next = take(subscription);
  await client.appendToStream(`${prefix}-1`, named("b"));
  assert.equal(nameOf(await next()), "b");
  await subscription.unsubscribe();
});

test("a group of a stream", patience, async () => {
  const stream = randomUUID();
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START });
  await client.appendToStream(stream, named("a", "b"));
  await client.createPersistentSubscriptionToStream(stream, "group", settings);
  await assert.rejects(client.createPersistentSubscriptionToStream(stream, "group", settings), PersistentSubscriptionExistsError);
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, "group");
  const next = take(subscription);
  const parked = await next();
  assert.equal(nameOf(parked), "a");
  await subscription.nack(PARK, "no", parked);
  const second = await next();
  assert.equal(nameOf(second), "b");
  await subscription.ack(second);
  for (;;) { // parking takes its time
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, "group");
    if (Number(info.stats.parkedMessageCount) === 1) break;
  }
  await client.replayParkedMessagesToStream(stream, "group");
  const again = await next();
  assert.equal(nameOf(again), "a");
  await subscription.ack(again);
  const groups = await client.listPersistentSubscriptionsToStream(stream);
  assert.deepEqual(groups.map((group) => group.groupName), ["group"]);
  await subscription.unsubscribe();
  await client.deletePersistentSubscriptionToStream(stream, "group");
  await assert.rejects(client.getPersistentSubscriptionToStreamInfo(stream, "group"), PersistentSubscriptionDoesNotExistError);
});

test("a group of all", patience, async () => {
  const group = randomUUID();
  const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: END });
  await client.createPersistentSubscriptionToAll(group, settings, { filter: streamNameFilter({ prefixes: [group] }) });
  const subscription = client.subscribeToPersistentSubscriptionToAll(group);
  const next = take(subscription);
  await client.appendToStream(`${group}-1`, named("a"));
  const event = await next();
  assert.equal(nameOf(event), "a");
  await subscription.ack(event);
  await subscription.unsubscribe();
  await client.deletePersistentSubscriptionToAll(group);
});

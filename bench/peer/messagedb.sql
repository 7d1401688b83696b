-- PostgreSQL as an event store: one table of messages, a position in each
-- stream and one in the whole log, and a function that appends one message if
-- its stream stands where the caller expects it. Writers of one stream wait
-- for each other; writers of different streams do not.
CREATE SCHEMA message_store;

CREATE TABLE message_store.messages (
    global_position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position        bigint NOT NULL,
    recorded        timestamptz NOT NULL DEFAULT clock_timestamp(),
    stream_name     text NOT NULL,
    type            text NOT NULL,
    data            jsonb,
    metadata        jsonb,
    id              uuid NOT NULL UNIQUE
);
CREATE UNIQUE INDEX messages_stream ON message_store.messages (stream_name, position);
CREATE INDEX messages_category ON message_store.messages (split_part(stream_name, '-', 1), global_position);

CREATE FUNCTION message_store.append(new_id uuid, stream text, kind text, content jsonb, about jsonb, expected bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last_position bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(stream, 0));
    SELECT coalesce(max(position), -1) INTO last_position FROM message_store.messages WHERE stream_name = stream;
    IF last_position <> expected THEN
        RAISE EXCEPTION 'wrong expected version: % of stream %, which is at %', expected, stream, last_position;
    END IF;
    INSERT INTO message_store.messages (id, stream_name, position, type, data, metadata)
    VALUES (new_id, stream, last_position + 1, kind, content, about);
    RETURN last_position + 1;
END $$;

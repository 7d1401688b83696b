-- Rows that are changed in place, each change with a row in an audit trail.
CREATE TABLE record (
    id      bigint PRIMARY KEY,
    version bigint NOT NULL,
    changed timestamptz NOT NULL,
    body    jsonb NOT NULL
);
CREATE TABLE audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record  bigint NOT NULL,
    version bigint NOT NULL,
    changed timestamptz NOT NULL,
    actor   uuid NOT NULL,
    body    jsonb NOT NULL
);
CREATE INDEX audit_record ON audit (record, version);

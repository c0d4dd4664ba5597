-- Rows of 2 KB stood by their keys: three on a page, the rest of each on a page of its own. They
-- come one after the other now, and are found by an index.
ALTER TABLE agent_states RENAME TO states_by_key;
DROP INDEX agent_states_age;
CREATE TABLE agent_states (
    n INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    before INTEGER NOT NULL,            -- receipts.seq
    at INTEGER NOT NULL,                -- when the latest up to it was received
    known BLOB,                         -- NULL: nothing was
    UNIQUE (key, before)
) STRICT;
INSERT INTO agent_states (key, before, at, known)
    SELECT key, before, at, known FROM states_by_key;
DROP TABLE states_by_key;
CREATE INDEX agent_states_age ON agent_states (at);

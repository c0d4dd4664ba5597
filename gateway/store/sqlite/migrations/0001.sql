-- Times are milliseconds since 1970. Big columns stand last, so that reading the small ones
-- does not walk through them.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value INTEGER
) STRICT, WITHOUT ROWID;
-- clean: 1 after a clean end.
INSERT INTO meta VALUES ('clean', 1);

-- Row counts and the last sequence numbers; they change in the transaction that changes the rows.
CREATE TABLE counts (
    name TEXT PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    finished_at INTEGER,
    crashes INTEGER NOT NULL DEFAULT 0,
    signed INTEGER NOT NULL,
    query_trusted INTEGER NOT NULL,
    skip TEXT,          -- JSON array of record indices
    chosen TEXT,        -- likewise: the only ones an operator wants again
    method TEXT NOT NULL,
    headers BLOB NOT NULL,
    query BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX receipts_untranslated ON receipts (finished_at) WHERE finished_at IS NULL;
CREATE INDEX receipts_crashed ON receipts (crashes) WHERE finished_at IS NULL AND crashes > 0;
CREATE INDEX receipts_age ON receipts (received_at);

CREATE TABLE seen (
    digest BLOB PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_age ON seen (seen_at);

CREATE TABLE quarantine (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt INTEGER NOT NULL,       -- receipts.seq
    source TEXT NOT NULL,
    quarantined_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    place INTEGER,                  -- index of the record, NULL: the whole body
    excerpt BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_receipt ON quarantine (receipt);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    receipt TEXT,                   -- receipts.id
    subject TEXT NOT NULL,
    type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    event BLOB NOT NULL
) STRICT;
CREATE INDEX events_age ON events (recorded_at);

CREATE TABLE agents (
    key TEXT PRIMARY KEY,
    known BLOB NOT NULL
) STRICT;

CREATE TABLE seen_states (
    source TEXT NOT NULL,
    code TEXT,
    label TEXT,
    status TEXT NOT NULL,
    mapped INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX seen_states_name
    ON seen_states (source, coalesce(code, ''), coalesce(label, ''));

-- Only what is still owed.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,         -- events.seq
    destination TEXT NOT NULL,
    lane TEXT NOT NULL,
    identity TEXT,
    collapses INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures_amid_success INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,
    first_failed_at INTEGER,
    held TEXT,
    subject TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_lanes ON outbox (destination, lane, seq) WHERE held IS NULL;
CREATE INDEX outbox_age ON outbox (destination, recorded_at) WHERE held IS NULL;
CREATE INDEX outbox_held ON outbox (destination, subject, seq) WHERE held IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (destination) WHERE first_failed_at IS NOT NULL;
CREATE INDEX outbox_event ON outbox (event);

CREATE TABLE lanes (
    destination TEXT NOT NULL,
    lane TEXT NOT NULL,
    memory BLOB,                    -- JSON object of the mapping's, NULL: empty
    delivered BLOB,
    newest INTEGER NOT NULL DEFAULT 0,  -- outbox.seq of the last collapsing delivery settled
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (destination, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_idle ON lanes (settled_at) WHERE memory IS NULL;

-- In the order of their times.
CREATE TABLE outcomes (
    n INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    destination TEXT NOT NULL,
    outcome TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    status INTEGER,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE dead_letters (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL,           -- its outbox.seq
    destination TEXT NOT NULL,
    lane TEXT NOT NULL,
    identity TEXT,
    collapses INTEGER NOT NULL,
    subject TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    mapping TEXT NOT NULL,
    status INTEGER,
    attempts INTEGER NOT NULL,
    dead_at INTEGER NOT NULL,
    answer BLOB NOT NULL,
    event BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letters_lane ON dead_letters (destination, lane, seq);

CREATE TABLE destinations (
    name TEXT PRIMARY KEY,
    paused INTEGER NOT NULL,
    parked_since INTEGER
) STRICT, WITHOUT ROWID;

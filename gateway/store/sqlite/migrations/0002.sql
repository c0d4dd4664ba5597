-- What operators did.
CREATE TABLE audit (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,           -- the operation's name
    asked TEXT NOT NULL,            -- JSON object, without secrets
    why TEXT,
    result TEXT NOT NULL            -- JSON: counts, or what went wrong
) STRICT;

-- The alarms that are raised now; one that has ended has no row.
CREATE TABLE alarms (
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    since INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (name, subject)
) STRICT, WITHOUT ROWID;

-- Where a receipt stood before an operator gave it back, NULL: it stands there still. The last
-- column: reading that it is NULL does not walk through a big body.
ALTER TABLE receipts ADD COLUMN place INTEGER;
CREATE INDEX receipts_place ON receipts (place) WHERE place IS NOT NULL;

-- What was known of an agent before a receipt was translated: the first change of each hour.
CREATE TABLE agent_states (
    key TEXT NOT NULL,
    before INTEGER NOT NULL,        -- receipts.seq
    at INTEGER NOT NULL,            -- when the latest up to it was received
    known BLOB,                     -- NULL: nothing was
    PRIMARY KEY (key, before)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_states_age ON agent_states (at);
-- The first receipt before which the states are kept.
INSERT INTO meta SELECT 'states_kept_from', coalesce(max(seq), 0) + 1 FROM receipts;

-- What the vendor's answer said, for `explain`.
ALTER TABLE outcomes ADD COLUMN detail TEXT;

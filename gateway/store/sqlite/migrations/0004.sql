-- What is known of contacts that are told in pieces, by {source}:{the platform's id}.
CREATE TABLE contacts (
    key TEXT PRIMARY KEY,
    touched_at INTEGER NOT NULL,
    known BLOB NOT NULL
) STRICT;
CREATE INDEX contacts_age ON contacts (touched_at);

-- By which names contacts of one conversation find each other.
CREATE TABLE conversations (
    name TEXT PRIMARY KEY,
    touched_at INTEGER NOT NULL,
    conversation TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_age ON conversations (touched_at);

-- Keys of our own; they never leave.
CREATE TABLE keys (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO keys VALUES ('customer', randomblob(32));

-- The ledger: what figures are made of.
CREATE TABLE ledger_agents (
    agent TEXT NOT NULL,            -- agents.key
    at INTEGER NOT NULL,
    n INTEGER NOT NULL,             -- events.seq
    mark TEXT NOT NULL,             -- login, logout, state
    status TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (agent, at, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_contacts (
    key TEXT PRIMARY KEY,           -- {source}:{contact id}
    revision INTEGER NOT NULL,
    arrived_at INTEGER,
    ended_at INTEGER,
    agent TEXT,
    entry BLOB NOT NULL             -- JSON
) STRICT;
CREATE INDEX ledger_contacts_arrival ON ledger_contacts (arrived_at);
CREATE INDEX ledger_contacts_end ON ledger_contacts (ended_at);
CREATE INDEX ledger_contacts_agent ON ledger_contacts (agent) WHERE agent IS NOT NULL;

CREATE TABLE ledger_heard (
    source TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (source, since)
) STRICT, WITHOUT ROWID;

-- What glimpses told of agents: their states are put together when they are read, in the order of
-- time. `of`: '' the activity, '*' all contacts, else a contact's key.
CREATE TABLE ledger_glimpses (
    agent TEXT NOT NULL,            -- agents.key
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    of TEXT NOT NULL,
    word TEXT NOT NULL,             -- a status, a phase, gone
    is_live INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (agent, source, at, n)
) STRICT, WITHOUT ROWID;

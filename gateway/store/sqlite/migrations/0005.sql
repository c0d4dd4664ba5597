-- The statuses with their reasons that events told; of more than some thousand the newest.
CREATE TABLE told_states (
    n INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,             -- '': none
    label TEXT NOT NULL,            -- '': none
    UNIQUE (source, status, code, label)
) STRICT;
INSERT INTO told_states (source, status, code, label)
    SELECT source, status, coalesce(code, ''), coalesce(label, '') FROM seen_states;

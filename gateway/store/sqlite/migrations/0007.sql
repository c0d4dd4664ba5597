-- Since when files are made for a destination, by the shape of their spans.
CREATE TABLE filing (
    destination TEXT NOT NULL,
    shape TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (destination, shape)
) STRICT, WITHOUT ROWID;

-- What became of each span: written as that revision (0: not at all), withheld for a problem.
CREATE TABLE filed (
    destination TEXT NOT NULL,
    start INTEGER NOT NULL,
    until INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    names TEXT NOT NULL,            -- JSON: the files written last
    coverage REAL NOT NULL,
    at INTEGER NOT NULL,
    figures BLOB,                   -- digests; NULL: none were looked at
    content BLOB,
    problem TEXT,
    PRIMARY KEY (destination, start, until)
) STRICT, WITHOUT ROWID;
CREATE INDEX filed_age ON filed (start);

-- Under which identity each destination is told of an agent since their shift began; destination
-- '': the WFM id that the agent goes by.
CREATE TABLE badges (
    agent TEXT NOT NULL,            -- agents.key
    destination TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (agent, destination)
) STRICT, WITHOUT ROWID;

-- From when on an agent went by a WFM id.
CREATE TABLE went_by (
    identity TEXT NOT NULL,
    since INTEGER NOT NULL,
    agent TEXT NOT NULL,            -- agents.key
    PRIMARY KEY (identity, since, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX went_by_agent ON went_by (agent, since);

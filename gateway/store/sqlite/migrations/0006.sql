-- Of an event that a replay has made: the destinations that it was owed to, a JSON array; NULL: no
-- replay made it. The last column: reading that it is NULL does not walk through the event.
ALTER TABLE events ADD COLUMN told TEXT;
CREATE INDEX events_retold ON events (seq) WHERE told IS NOT NULL;

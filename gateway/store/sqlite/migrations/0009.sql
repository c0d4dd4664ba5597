-- Receipts that are still to be translated. In a table of their own: a receipt, which is big, is
-- written once and not again when it is done.
CREATE TABLE untranslated (
    seq INTEGER PRIMARY KEY,            -- receipts.seq
    crashes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO untranslated
    SELECT seq, crashes FROM receipts INDEXED BY receipts_untranslated WHERE finished_at IS NULL;
-- The columns finished_at and crashes of receipts mean nothing any more. They stay: to drop them
-- every receipt would be written anew.
DROP INDEX receipts_untranslated;
DROP INDEX receipts_crashed;

-- Idle lanes are found by walking over all of them now and then, not by an index that every
-- outcome would have to move them in.
DROP INDEX lanes_idle;

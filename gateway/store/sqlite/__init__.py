"""The store on SQLite: one file, one writer that commits in groups, readers beside it.

store.py        the whole; journal, outbox, operators' records and retention put together
database.py     opens the file; writer.py, reader.py: its connections and threads
recovery.py     what an unclean end leaves; damage.py: a file that is damaged
migrations/     the schema, step by step
"""

from gateway.store.sqlite.damage import problems_of
from gateway.store.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "open_store", "problems_of"]

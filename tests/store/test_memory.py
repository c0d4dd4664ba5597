"""What is kept in memory of an event that is owed is its text, and little more."""

import tracemalloc

from gateway.store.sqlite.fanout import as_json
from tests.store.engines import event


def test_an_event_in_memory_is_no_larger_than_its_text():
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        kept = [as_json(event(f"e{number}")) for number in range(100)]
        after, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2 * sum(map(len, kept))

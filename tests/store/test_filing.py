"""The books of what was written, on every engine."""

from datetime import timedelta

from gateway.model.clock import from_millis
from gateway.ports import Filed
from tests.store.engines import START


def filed(start, **more):
    told = {"revision": 1, "names": ("a.csv", "b.csv"), "coverage": 0.5, "at": START}
    return Filed(start, start + 900_000, **(told | more))


async def test_when_a_shape_was_first_asked_for_is_kept(opened, clock):
    store = await opened()
    assert await store.filing_since("wfm", "15", START) == START
    clock.forward(timedelta(hours=1))
    store = await opened()
    assert await store.filing_since("wfm", "15", clock()) == START
    assert await store.filing_since("wfm", "30", clock()) == clock()
    assert await store.filing_since("other", "15", clock()) == clock()


async def test_what_became_of_a_span_is_kept_in_place_of_what_was(opened):
    store = await opened()
    await store.keep_filed("wfm", filed(900_000))
    await store.keep_filed("wfm", filed(0, problem="why\x00", figures=b"f", content=b"c"))
    await store.keep_filed("wfm", filed(900_000, revision=2))
    await store.keep_filed("other", filed(0))
    store = await opened()
    found = await store.filed("wfm", 0, 1 << 60)
    assert [each.start for each in found] == [0, 900_000]
    assert found[0].problem.startswith("why")
    assert (found[0].figures, found[0].content) == (b"f", b"c")
    assert found[1] == filed(900_000, revision=2)
    assert await store.filed("wfm", 1, 900_000) == []


async def test_old_spans_are_forgotten_in_steps(store):
    for number in range(3):
        await store.keep_filed("wfm", filed(number * 900_000))
    assert await store.prune_filed(from_millis(1_800_000)) == 2
    assert await store.prune_filed(from_millis(1_800_000)) == 0
    assert [each.start for each in await store.filed("wfm", 0, 1 << 60)] == [1_800_000]

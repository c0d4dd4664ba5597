"""What changes something stands in the audit, whatever came of it."""

import pytest
from marshmallow import ValidationError

from gateway.model.errors import OperationError
from gateway.operations import OPERATIONS
from tests.operations.bench import NOW

BY_NAME = {operation.name: operation for operation in OPERATIONS}


async def ask(bench, action, /, who="ops", **given):
    operation = BY_NAME[action]
    return await operation.perform(bench, operation.load(given), who=who)


async def test_who_what_why_and_what_came_of_it(bench):
    await ask(bench, "destinations pause", name="skipping", why="their maintenance")
    (row,) = await ask(bench, "audit")
    assert row == {
        "at": "2026-11-20T09:00:00.000Z",
        "who": "ops",
        "action": "destinations pause",
        "asked": {"name": "skipping"},
        "why": "their maintenance",
        "result": {"name": "skipping", "paused": True},
    }


async def test_what_could_not_be_done_stands_there_too(bench):
    with pytest.raises(OperationError):
        await ask(bench, "destinations pause", name="nobody")
    (row,) = await ask(bench, "audit")
    assert "no destination 'nobody'" in row["result"]["problem"]


async def test_looking_is_not_an_action(bench):
    await ask(bench, "destinations list")
    await ask(bench, "agents")
    assert await ask(bench, "audit") == []


async def test_a_span_newest_first(bench):
    for name in ("skipping", "sending"):
        await ask(bench, "destinations pause", name=name)
    rows = await ask(bench, "audit", limit=1)
    assert [row["asked"]["name"] for row in rows] == ["sending"]
    assert await ask(bench, "audit", to="2026-11-20T08:59:59Z") == []
    assert len(await ask(bench, "audit", **{"from": NOW.isoformat()})) == 2


@pytest.mark.parametrize("why", [7, ["x"], "x" * 501])
def test_a_reason_is_a_short_text(why):
    with pytest.raises(ValidationError):
        BY_NAME["destinations pause"].load({"name": "a", "why": why})


def test_only_what_changes_something_is_asked_with_a_reason():
    with pytest.raises(ValidationError):
        BY_NAME["agents"].load({"why": "curious"})

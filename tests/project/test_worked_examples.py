"""Every example of docs/contacts-and-intervals.md, worked out by the operations themselves."""

import re
import shlex
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.model.agent import Named, Status
from gateway.model.clock import to_millis
from gateway.model.ledger import AgentEntry, ContactEntry, Heard, Hop, Mark
from gateway.operations import OPERATIONS, Bench
from gateway.settings import IntervalSettings
from tests.figures.pages import MemoryPages
from tests.operations.bench import settings

PAGE = Path(__file__).parents[2] / "docs" / "contacts-and-intervals.md"
BY_NAME = {operation.name: operation for operation in OPERATIONS}
COMMAND = re.compile(r"`wfm-gateway (report \w+)(.*)`")
NOTHING = ("", "-")
WHAT = re.compile(r"(?:(login|logout)(?:: )?)?([a-z ]*)(?: \((.*)\))?")


@dataclass
class Example:
    """An example: tables of what is known, and for each command the table that it tells."""

    title: str
    known: list = field(default_factory=list)
    told: list = field(default_factory=list)


def examples():
    text = PAGE.read_text(encoding="utf-8")
    for part in re.split(r"^### Example: ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = re.split(r"^## ", part, flags=re.MULTILINE)[0].partition("\n")
        found, command = Example(title), None
        for block in rest.split("\n\n"):
            if matched := COMMAND.fullmatch(block.strip()):
                command = matched
            elif block.lstrip().startswith("|") and command is None:
                found.known += table(block)
            elif block.lstrip().startswith("|"):
                found.told.append((command[1], shlex.split(command[2]), table(block)))
                command = None
        yield found


def table(block):
    head, _, *rows = (
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in block.strip().splitlines()
    )
    return [dict(zip(head, row, strict=True)) for row in rows]


def millis(text):
    on_day = text if "T" in text else f"2026-03-02T{text}Z"
    return to_millis(datetime.fromisoformat(on_day).astimezone(UTC))


def seconds(text):
    return None if text in NOTHING else float(text.removesuffix(" s"))


def contact(row, place):
    queues = [Named(None, each) for each in row["queues"].split(", ")]
    came = millis(row["came"])
    agent = None if row["agent"] in NOTHING else row["agent"]
    how, outcome = row.get("how", ""), row.get("outcome", "answered")
    return ContactEntry(
        key=f"flex:{place}",
        revision=1,
        source="flex",
        conversation=row["conversation"],
        outcome=outcome,
        is_abandoned=outcome == "abandoned",
        agent=agent,
        channel=row.get("channel", "voice"),
        direction="outbound" if how == "outbound" else None,
        queue=queues[-1],
        hops=tuple(Hop(each, came) for each in queues),
        started_at=came,
        ended_at=millis(row["ended"]) if "ended" in row else None,
        queue_seconds=seconds(row["waited"]),
        talk_seconds=seconds(row["talked"]),
        wrap_seconds=seconds(row.get("wrapped up", "-")),
        is_transfer=how == "by transfer",
        is_sent_on=how == "sent on",
    )


def entry(row):
    mark, status, reason = WHAT.fullmatch(row["what"]).groups()
    word = status.replace(" ", "_") or "logged_out"
    return AgentEntry(row["agent"], millis(row["at"]), Mark(mark or "state"), Status(word), reason)


def pages_of(rows):
    heard = [
        Heard(row["source"], millis(row["heard from"]), millis(row["until"]))
        for row in rows
        if "heard from" in row
    ]
    return MemoryPages(
        [entry(row) for row in rows if "what" in row],
        [contact(row, place) for place, row in enumerate(rows) if "conversation" in row],
        heard,
    )


def asked(words):
    return {
        name.removeprefix("--").replace("-", "_"): value
        for name, value in zip(words[::2], words[1::2], strict=True)
    }


def is_shown(value, cell):
    if isinstance(value, dict):
        return ", ".join(f"{name} {each:g}" for name, each in value.items()) == cell
    return str(value) == cell if isinstance(value, str) else value == float(cell)


@dataclass
class Books:
    pages: MemoryPages

    async def read_ledger(self, work):
        return work(self.pages)


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.title)
async def test_it_is_worked_out_as_it_stands_there(example, tmp_path):
    plain = replace(settings(tmp_path / "x.db"), intervals=IntervalSettings())
    bench = Bench(
        store=Books(pages_of(example.known)),
        settings=replace(plain, sources={"flex": plain.sources["acme"]}),
        live=None,
        now=lambda: datetime(2026, 12, 1, tzinfo=UTC),
    )
    assert example.known
    assert example.told
    for name, words, expected in example.told:
        operation = BY_NAME[name]
        rows = await operation.perform(bench, operation.load(asked(words)), who="ann")
        assert len(rows) == len(expected)
        for row, shown in zip(rows, expected, strict=True):
            wrong = {
                column: (row[column], cell)
                for column, cell in shown.items()
                if not is_shown(row[column], cell)
            }
            assert wrong == {}


def test_every_measure_and_every_figure_has_its_words():
    text = PAGE.read_text(encoding="utf-8")
    for title in (
        "abandoned conversations", "abandonment time", "handled conversations", "queue time",
        "talk time", "wrap-up time",
    ):  # fmt: skip
        assert f"### Example: {title}\n" in text
    assert {each.title for each in examples()} >= {"coverage", "by arrival and by end"}

"""Log lines: JSON, cheap, and without what must not be seen."""

from __future__ import annotations

import json
import logging
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.errors import StoreUnavailableError
from gateway.model.secret import Secret
from gateway.telemetry.logs import configure, describe, is_secret_name, logger


@pytest.fixture(autouse=True)
def _configured():
    configure(json=True)
    yield
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture
def lines(capsys):
    """Return what was logged since, as JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_one_json_line(lines):
    logger().info("receipt.journaled", source="flex", accepted=2)

    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "receipt.journaled", "level": "info", "source": "flex", "accepted": 2}


def test_only_from_its_level_up(lines):
    configure(json=True, level="warning")
    logger().info("quiet.kept")
    logger().warning("loud.heard")

    assert [line["event"] for line in lines()] == ["loud.heard"]


@pytest.mark.parametrize(
    "name",
    ["password", "auth_token", "Authorization", "X-Api-Key-Token", "api_key", "query", "body"],
)
def test_hides_what_is_named_like_a_secret(lines, name):
    assert is_secret_name(name)
    logger().info("thing.done", **{name: "s3cret"}, nested={name: "s3cret", "kept": 1})

    (line,) = lines()
    assert line[name] == "***"
    assert line["nested"] == {name: "***", "kept": 1}


@pytest.mark.parametrize("name", ["source", "receipt", "agent_key", "bytes", "status", "check"])
def test_shows_the_rest(name):
    assert not is_secret_name(name)


def test_hides_secrets_whatever_they_are_called(lines):
    logger().info("thing.done", found=Secret("s3cret"))

    assert lines()[0]["found"] == "***"


def test_tells_where_an_error_came_from_and_not_what_it_quotes(lines):
    try:
        try:
            int("s3cret")
        except ValueError as error:
            raise StoreUnavailableError("disk full") from error
    except StoreUnavailableError:
        logger().exception("store.failed")

    (line,) = lines()
    assert line["level"] == "error"
    assert "test_logs.py" in line["traceback"]
    assert "StoreUnavailableError: disk full" in line["traceback"]
    assert line["traceback"].endswith("ValueError")
    assert "invalid literal" not in line["traceback"]


def test_an_endless_chain_of_errors_ends():
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first

    assert describe(first).count("caused by") == 4


def test_libraries_log_the_same_way(lines):
    logging.getLogger("aiohttp.server").error("odd", exc_info=RuntimeError("s3cret"))
    logging.getLogger("aiohttp.server").info("chatter")

    (line,) = lines()
    assert (line["event"], line["library"], line["text"]) == (
        "library.logged",
        "aiohttp.server",
        "odd",
    )
    assert line["traceback"] == "RuntimeError"


def test_what_json_cannot_hold_is_told_all_the_same(lines):
    logger().info("thing.done", name="\ud800", number=2**70)

    (line,) = lines()
    assert line["number"] == str(2**70)
    assert "ud800" in line["name"]


NAMES = st.sampled_from(["source", "attempt", "token", "body", "query", "exc_info", "ms", "level"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.recursive(
    LEAVES | st.builds(Secret, st.text()) | st.builds(ValueError, st.text()) | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=5,
)


@given(st.dictionaries(NAMES, VALUES))
def test_the_quick_way_tells_the_same_as_the_long_one(values):
    told = []

    class Kept:
        info = staticmethod(told.append)

    config = structlog.get_config()
    long = structlog.make_filtering_bound_logger("info")
    for way in (config["wrapper_class"], long):
        way(Kept(), config["processors"], {}).info("thing.done", **values)

    quick, slow = (json.loads(line) for line in told)
    assert quick.pop("timestamp") <= slow.pop("timestamp")
    assert list(quick.items()) == list(slow.items())


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch):
    class Full:
        buffer = property(lambda self: self)

        def write(self, _line):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Full())
    logger().info("thing.done")


def test_for_a_terminal(capsys):
    configure(json=False)
    logger().info("thing.done", source="flex", token="s3cret")

    shown = capsys.readouterr().err
    assert "thing.done" in shown
    assert "flex" in shown
    assert "s3cret" not in shown

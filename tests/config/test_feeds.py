"""`agents_of` and `states`: two feeds that tell of the same people."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()
FLEX = "  flex: {type: flex_rta, auth: {type: none}}\n"


@pytest.fixture
def feeds(tmp_path, monkeypatch):
    """Load these sources; return them, or the problems."""
    monkeypatch.chdir(tmp_path)

    def load_feeds(text):
        Path("c.yaml").write_text(f"sources:\n{text}")
        try:
            return load(Path("c.yaml"), REGISTRY, {}).sources
        except ConfigurationError as error:
            return error.problems

    return load_feeds


def taskrouter(more="", name="tasks"):
    return f"  {name}: {{type: taskrouter, auth: {{type: none}}{more}}}\n"


@pytest.mark.parametrize(
    ("states", "fills"),
    [("", (False, True)), (", states: fill", (False, True)), (", states: primary", (True, False))],
)
def test_one_of_two_feeds_fills_what_the_other_does_not_tell(feeds, states, fills):
    sources = feeds(FLEX + taskrouter(f", agents_of: flex{states}"))
    assert (sources["flex"].fills, sources["tasks"].fills) == fills
    assert sources["tasks"].keys_of == sources["flex"].keys_of == "flex"


def test_a_feed_alone_fills_nothing(feeds):
    sources = feeds(FLEX + taskrouter())
    assert (sources["flex"].fills, sources["tasks"].fills) == (None, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (taskrouter(", agents_of: flax"), "agents_of: no other source of that name; valid: flex"),
        (taskrouter(", agents_of: tasks"), "agents_of: no other source of that name"),
        (taskrouter(", states: fill"), "states: Goes with agents_of"),
        (taskrouter(", agents_of: flex, states: maybe"), "valid: fill, primary"),
        (
            taskrouter(", agents_of: flex") + taskrouter(", agents_of: tasks", "again"),
            "sources.again.agents_of: the agents of tasks are another source's themselves",
        ),
        (
            taskrouter(", agents_of: engage")
            + "  engage: {type: ringcentral, auth: {type: none}}\n",
            "agents_of: engage is of another platform; valid: flex",
        ),
        (
            taskrouter(", agents_of: flex, states: primary")
            + taskrouter(", agents_of: flex, states: primary", "again"),
            "sources.again.agents_of: tasks is the primary feed of flex already",
        ),
    ],
)
def test_what_makes_no_sense_is_a_problem(feeds, text, problem):
    (told,) = feeds(FLEX + text)
    assert problem in told

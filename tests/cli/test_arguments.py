"""Arguments, where they may stand, and exit codes."""

from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.cli.verbs import Verbs
from gateway.model.errors import OperationError

VERBS = {
    "serve",
    "check",
    "translate",
    "quarantine",
    "dead-letters",
    "alarms",
    "audit",
    "agents",
    "explain",
    "states",
    "destinations",
    "files",
    "ping",
    "replay",
    "report",
    "reconcile",
    "resync",
    "sources",
    "store",
    "erase",
    "mappings",
    "schema",
    "simulate",
    "demo",
}


def test_the_verbs_are_those_of_the_contract_and_none_of_later(command):
    assert set(main.commands) == VERBS
    assert set(main.commands["quarantine"].commands) == {"list", "show", "retry", "discard"}
    assert set(main.commands["dead-letters"].commands) == {"list", "show", "retry", "discard"}
    destinations = {"list", "pause", "resume", "adopt", "discard"}
    assert set(main.commands["destinations"].commands) == destinations
    assert set(main.commands["sources"].commands) == {"list"}
    assert set(main.commands["report"].commands) == {"intervals", "contacts", "agents"}
    assert set(main.commands["mappings"].commands) == {"list", "check", "new"}


def test_version(command):
    assert version("wfm-gateway") in command.ok("--version")


@pytest.mark.parametrize("verb", [*sorted(VERBS), "quarantine list", "destinations pause"])
def test_every_verb_explains_itself(command, verb):
    assert "Usage:" in command.ok(*verb.split(), "--help")


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "other.yaml", "agents"],
        ["agents", "--config", "other.yaml"],
        ["quarantine", "--config", "other.yaml", "list"],
        ["quarantine", "list", "--config", "other.yaml"],
    ],
)
def test_the_configuration_may_be_named_before_or_after_the_verb(command, words):
    (command.folder / "config" / "gateway.yaml").rename(command.folder / "other.yaml")
    assert command(*words).exit_code == 0
    assert (command.folder / "gateway.db").exists()


def test_the_configuration_may_be_named_by_the_environment(command):
    (command.folder / "config" / "gateway.yaml").rename(command.folder / "other.yaml")
    assert command("check").exit_code == 1
    assert command("check", env={"WFM_GATEWAY_CONFIG": "other.yaml"}).exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["report"],
        ["report", "hours"],
        ["report", "intervals", "--by", "city"],
        ["report", "intervals", "--from", "lunch"],
        ["report", "intervals", "--minutes", "20"],
        ["report", "intervals", "--zone", "Mars"],
        ["report", "contacts", "--by", "queue,queue"],
        ["report", "contacts", "--format", "xml"],
        ["agents", "--sort"],
        ["quarantine", "retry"],
        ["quarantine", "retry", "q1", "--all"],
        ["quarantine", "retry", "--all", "--reason", "content"],
        ["quarantine", "list", "--from", "yesterday"],
        ["quarantine", "show"],
        ["replay", "--from", "yesterday"],
        ["replay", "--rate", "0/s"],
        ["replay", "--rate", "fast"],
        ["explain", "E17", "--at", "lunch"],
        ["destinations", "pause"],
        ["translate"],
        ["translate", "--source", "odd"],
        ["translate", "--source", "flex", "--destination", "odd"],
        ["translate", "--source", "flex", "no-such-file"],
        ["schema", "odd"],
        ["simulate"],
        ["simulate", "--target", "ftp://x"],
        ["simulate", "--target", "http://x", "--duration", "soon"],
        ["simulate", "--target", "http://x", "--rate", "0"],
        ["simulate", "--target", "http://x", "--header", "odd"],
    ],
)
def test_wrong_usage_is_exit_code_2(command, words):
    answer = command(*words)
    assert answer.exit_code == 2, answer.output
    assert "Traceback" not in answer.output


@pytest.mark.parametrize(
    "words",
    [
        ["quarantine", "show", "q9"],
        ["dead-letters", "retry", "d9"],
        ["destinations", "pause", "odd"],
        ["simulate", "--target", "http://x", "--platform", "odd"],
        ["--config", "none.yaml", "agents"],
        ["--config", "none.yaml", "serve"],
    ],
)
def test_what_cannot_be_done_is_exit_code_1_and_said_plainly(command, words):
    answer = command(*words)
    assert answer.exit_code == 1, answer.output
    assert answer.stderr.strip()
    assert "Traceback" not in answer.output


def test_problems_that_tasks_raise_together_are_said_plainly():
    @click.group(cls=Verbs)
    def group():
        """Fail in tasks."""

    @group.command()
    def fail():
        raise ExceptionGroup("tasks", [ExceptionGroup("more", [OperationError("no such thing")])])

    @group.command()
    def crash():
        raise ZeroDivisionError("oh")

    answer = CliRunner().invoke(group, ["fail"])
    assert (answer.exit_code, answer.stderr) == (1, "wfm-gateway: no such thing\n")
    answer = CliRunner().invoke(group, ["crash"])
    assert answer.exit_code == 1
    assert "internal error" in answer.stderr
    assert "Traceback" not in answer.stderr

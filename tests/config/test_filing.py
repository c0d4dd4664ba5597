"""A destination that gets files: its keys, its defaults, and what is refused."""

from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from gateway.config.load import load
from gateway.config.schema_json import config_schema
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from gateway.settings import FolderSettings
from tests.operations.shape import flaws

REGISTRY = installed()
SCHEMA = config_schema(REGISTRY)
SOURCE = "sources: {flex: {type: flex_rta, auth: {type: none}, accounts: [AC1]}}\n"
CUT = "intervals: {minutes: 30, timezone: Europe/Berlin, booked_by: end, grace: 10m}\n"
OPTIONS = "options: {queues: {Support: 101}}"
LOCAL = f"mapping: calabrio_interval_files, url: 'file:///srv/wfm', {OPTIONS}"
THERE = f"mapping: calabrio_interval_files, url: 'sftp://wfm@host.example:2022/in', {OPTIONS}"
DAYS = "mapping: genesys_history_csv, url: 'file:///srv/wfm'"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Load one destination; return it, or the problems; *warnings* are kept."""
    monkeypatch.chdir(tmp_path)
    Path("known_hosts").write_text("")
    Path("id").write_text("")

    def read_destination(keys, cut=""):
        text = f"{SOURCE}{cut}destinations: {{wfm: {{{keys}}}}}\n"
        Path("c.yaml").write_text(text)
        try:
            settings = load(Path("c.yaml"), REGISTRY, {"PW": "made-up"})
        except ConfigurationError as error:
            return error.problems
        read_destination.warnings = settings.warnings
        assert settings.destinations == {}
        return settings.files["wfm"]

    return read_destination


def test_what_is_not_said_is_as_intervals_have_it(read):
    found = read(LOCAL, CUT)
    assert (found.minutes, found.zone, found.booked_by) == (30, ZoneInfo("Europe/Berlin"), "end")
    assert (found.grace, found.incomplete) == (timedelta(minutes=10), "mark")
    assert found.identify_by == ("wfm_id", "external_id", "id")
    assert found.sources is None
    assert found.include == frozenset()
    assert found.folder == FolderSettings("/srv/wfm")
    assert read.warnings == ()


def test_what_is_said_counts(read):
    more = (
        "minutes: 60, timezone: UTC, booked_by: arrival, grace: 1h, incomplete: withhold,"
        " sources: [flex], include: [agent_contact], identify_by: [email]"
    )
    found = read(f"{LOCAL}, {more}", CUT)
    assert (found.minutes, found.zone, found.booked_by) == (60, ZoneInfo("UTC"), "arrival")
    assert (found.grace, found.incomplete) == (timedelta(hours=1), "withhold")
    assert found.sources == {"flex"}
    assert found.include == {"agent_contact"}


def test_a_vendors_own_intervals_count_whatever_others_are(read):
    found = read(DAYS, CUT)
    assert (found.minutes, found.zone) == (15, UTC)


def test_a_folder_over_sftp(read):
    found = read(
        f"{THERE}, auth: {{type: password, password: '${{PW}}', known_hosts: known_hosts}}"
    )
    folder = found.folder
    assert (folder.host, folder.port, folder.username) == ("host.example", 2022, "wfm")
    assert (folder.path, folder.known_hosts) == ("/in", Path("known_hosts"))
    assert folder.password.reveal() == "made-up"
    assert "made-up" not in repr(found)
    key = THERE.replace(":2022/in", "/~/in%20here")
    found = read(f"{key}, timeout: 5s, auth: {{type: key, private_key: id, any_host: true}}")
    assert (found.folder.path, found.folder.port) == ("in here", 22)
    assert found.folder.known_hosts is None
    assert found.folder.timeout == timedelta(seconds=5)
    assert read.warnings == ("destinations.wfm.auth.any_host: anybody may claim to be the host",)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"{LOCAL}, batch: {{max_events: 5}}", "wfm.batch: unknown key"),
        (f"{LOCAL}, events: [agent.state]", "wfm.events: unknown key"),
        (f"{LOCAL}, superseded: send", "wfm.superseded: unknown key"),
        (f"{LOCAL}, minutes: 20", "wfm.minutes: Not one of them; valid: 15, 30, 60."),
        (f"{LOCAL}, timezone: Mars", "wfm.timezone: Not a time zone"),
        (f"{LOCAL}, incomplete: drop", "wfm.incomplete: Not one of them; valid: mark, withhold."),
        (f"{LOCAL}, include: [customer]", "valid: agent_contact."),
        (f"{LOCAL}, sources: [engage]", "valid: flex."),
        (
            f"{DAYS}, minutes: 30",
            "wfm.minutes: The mapping genesys_history_csv has",
        ),
        (f"{DAYS}, timezone: UTC", "wfm.timezone: The mapping genesys_history_csv tells all times"),
        ("mapping: calabrio_interval_files, url: 'file:///x'", "options.queues: Missing data"),
        (LOCAL.replace("101", "x"), "wfm.options.queues.Support: Must be a number from 1 to"),
        (LOCAL.replace("file:///srv/wfm", "https://x.example"), "wfm.url: Not a folder"),
        (LOCAL.replace("file:///srv/wfm", "file://host/x"), "wfm.url: Not a folder"),
        (LOCAL.replace("file:///srv/wfm", "srv/wfm"), "wfm.url: Not a folder"),
        (LOCAL.replace("file:///srv/wfm", "sftp://h/{x}"), "wfm.url: Not a folder"),
        (LOCAL.replace("file:///srv/wfm", "sftp://h/in"), "wfm.url: Whose folder is it?"),
        (LOCAL.replace("file:///srv/wfm", "sftp://u:p@h/in"), "A password stands in auth"),
        (f"{LOCAL}, auth: {{type: password, password: p, any_host: true}}", "needs none"),
        (THERE, "wfm.auth: SFTP needs type password or key, and known_hosts."),
        (f"{THERE}, auth: {{type: password, any_host: true}}", "auth.password: Missing data"),
        (f"{THERE}, auth: {{type: password, password: p}}", "auth.known_hosts: Either a file"),
        (
            f"{THERE}, auth: {{type: password, password: p, known_hosts: id, any_host: true}}",
            "auth.known_hosts: Either a file",
        ),
        (f"{THERE}, auth: {{type: key, private_key: no, any_host: true}}", "There is no file no."),
        (
            f"{THERE}, auth: {{type: key, private_key: id, password: p, any_host: true}}",
            "auth.password: Not a key of the type key.",
        ),
        ("mapping: cloudevents, url: 'https://x.example', minutes: 15", "wfm.minutes: unknown key"),
        ("mapping: no_such, url: 'https://x.example'", "genesys_history_csv"),
    ],
)
def test_what_is_refused(read, keys, said):
    (problem,) = read(keys)
    assert said in problem


@pytest.mark.parametrize(
    "keys",
    [
        f"{LOCAL}, minutes: 30, timezone: UTC, grace: 5m, incomplete: withhold",
        f"{THERE}, auth: {{type: password, password: p, known_hosts: known_hosts}}",
        DAYS,
    ],
)
def test_the_json_schema_takes_it(read, keys):
    assert not isinstance(read(keys), tuple)
    text = f"{SOURCE}destinations: {{wfm: {{{keys}}}}}\n"
    assert flaws(SCHEMA, YAML(typ="safe").load(text)) == []


def test_and_refuses_what_the_gateway_refuses():
    text = f"{SOURCE}destinations: {{wfm: {{{LOCAL}, batch: {{max_events: 5}}}}}}\n"
    assert flaws(SCHEMA, YAML(typ="safe").load(text)) != []

"""Wrong values of every key: the path, and what would be valid; credentials of every kind."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.config.schema_json import config_schema
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()
CANARY = "canary-51c0"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Load a configuration from sections; return it, or the problems."""
    monkeypatch.chdir(tmp_path)

    def read_sections(sources="{flex: {type: flex_rta, auth: {type: none}}}", **sections):
        lines = [f"{name}: {value}" for name, value in ({"sources": sources} | sections).items()]
        path = Path("c.yaml")
        path.write_text("\n".join(lines) + "\n")
        try:
            return load(path, REGISTRY, {})
        except ConfigurationError as error:
            return error.problems

    return read_sections


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("server", "host", "''", "Must not be empty."),
        ("server", "host", "1.5", "Must be a text"),
        ("server", "host", "'a b'", "valid: 127.0.0.1, ::1, localhost"),
        ("server", "port", "-1", "Must be 0 to 65535."),
        ("server", "port", "1.5", "Valid: 0 to 65535"),
        ("server", "port", "null", "Must have a value"),
        ("server", "max_body_bytes", "0", "valid: 64KiB"),
        ("server", "max_body_bytes", "100GiB", "server.max_inflight_bytes: Must be at least"),
        ("server", "max_connections", "0", "Must be 1 to"),
        ("server", "max_inflight_bytes", "lots", "valid: 64KiB"),
        ("server", "shutdown_grace", "500d", "Longer than a year."),
        ("server", "proxies", "10.0.0.0/8", "Must be a list."),
        ("server", "tls", "{certificate: x}", "tls.private_key: Missing data"),
        ("server", "tls", "yes", "Must hold keys and values."),
        ("admin", "port", "65536", "Must be 0 to 65535."),
        ("admin", "auth", "{type: basic}", "auth.type: Not one of them; valid: jwt, none, token."),
        ("admin", "auth", "{type: none, token: t}", "auth.token: Not a key of the type none."),
        ("admin", "auth", "{type: token, tokn: t}", "auth.tokn: unknown key; did you mean token?"),
        ("admin", "auth", "{type: jwt}", "auth.algorithms: Missing data"),
        ("admin", "auth", "{type: jwt, algorithm: x}", "auth.algorithm: unknown key; did you mean"),
        ("store", "engine", "1", "valid: sqlite."),
        ("store", "path", "''", "Not a path."),
        ("store", "retention", "72", "Not a duration such as 500ms, 10s, 5m, 24h or 7d."),
        ("store", "max_untranslated", "true", "Not a valid integer."),
        ("ledger", "retention", "0s", "Must be longer than nothing"),
        ("intervals", "minutes", "20", "Not one of them; valid: 15, 30, 60."),
        ("intervals", "minutes", "'15'", "Not a valid integer."),
        ("intervals", "timezone", "Mars/Base", "Not a time zone; valid: UTC, Europe/Berlin."),
        ("intervals", "timezone", "../UTC", "Not a time zone"),
        ("intervals", "timezone", "Europe", "Not a time zone"),
        ("intervals", "timezone", "''", "Not a time zone"),
        ("intervals", "booked_by", "start", "Not one of them; valid: arrival, end."),
        ("intervals", "short_abandon", "30s", "Must be at most intervals.service_level."),
        ("agents", "files", "agents.csv", "Must be a list."),
        ("agents", "unmapped", "[drop]", "valid: drop, forward, hold"),
    ],
)
def test_a_wrong_value_is_told_with_its_path_and_what_is_valid(read, section, key, value, said):
    told = read(**{section: f"{{{key}: {value}}}"})
    assert [each for each in told if each.startswith(f"c.yaml:2: {section}.") and said in each]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("timeout: 0s", "timeout: Must be longer than nothing"),
        ("concurrency: 0", "concurrency: Must be 1 to 10000."),
        ("rate_limit: 0/s", "rate_limit: Not a rate; valid: 50/s"),
        ("batch: {max_wait: 1s}", "batch.max_events: Missing data"),
        ("retry: {first: 0s}", "retry.first: Must be longer than nothing"),
        ("retry: {first: 2m}", "retry.max: Must be at least retry.first."),
        ("circuit: {failures: 0}", "circuit.failures: Must be 1 to"),
        ("circuit: {probe_after: 0s}", "circuit.probe_after: Must be longer"),
        ("order: random", "order: Not one of them; valid: agent, none."),
        ("settle: 1w", "settle: Not a duration such as"),
        ("superseded: drop", "superseded: Not one of them; valid: send, skip."),
        ("stale_after: 15", "stale_after: Not a duration such as 500ms, 10s, 5m, 24h or 7d, n"),
        ("max_backlog: 1e5", "max_backlog: Not a valid integer."),
        ("include: [everything]", "include[0]: Not one of them; valid: agent_contact"),
        ("identify_by: []", "identify_by: Must not be empty."),
        ("events: [agent.pause]", "events[0]: Not one of them; valid: agent.login"),
        ("options: []", "options: Must hold keys and values."),
        ("auth: {type: basic, username: 'a:b', password: p}", "username: May not hold a colon."),
        ("auth: {type: header, name: Host, value: v}", "auth.name: A header that the request"),
        ('auth: {type: bearer, token: "a\\nb"}', "auth.token: May not hold control characters."),
        ("auth: {type: bearer, token: ''}", "auth.token: Must not be empty."),
        ("auth: {plaintext: 1}", "auth.plaintext: Must be true or false."),
        ("tls: {ca: none.pem}", "tls.ca: There is no file none.pem."),
    ],
)  # fmt: skip
def test_a_destinations_wrong_value_is_told(read, more, said):
    told = read(destinations=f"{{d: {{mapping: cloudevents, url: 'https://x', {more}}}}}")
    assert len(told) == 1
    assert told[0].startswith("c.yaml:2: destinations.d.")
    assert said in told[0]


def test_what_is_alarming_of_a_source(read):
    keys = "expect_every: 90s, ghost_after: 12h, wrap_up_limit: 30m"
    source = read(f"{{s: {{type: flex_rta, auth: {{type: none}}, {keys}}}}}").sources["s"]
    found = (source.expect_every, source.ghost_after, source.wrap_up_limit)
    assert [each.total_seconds() for each in found] == [90, 43200, 1800]
    source = read().sources["flex"]
    assert (source.expect_every, source.ghost_after, source.wrap_up_limit) == (None, None, None)


@pytest.mark.parametrize("key", ["expect_every", "ghost_after", "wrap_up_limit"])
def test_nothing_is_alarming_at_once(read, key):
    told = read(f"{{s: {{type: flex_rta, auth: {{type: none}}, {key}: 0s}}}}")
    assert told == (
        f"c.yaml:1: sources.s.{key}: Must be longer than nothing, such as 500ms or 10s.",
    )


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ("type: token, header: X-Key, token", "token"),
        ("type: basic, username: u, password", "password"),
        ("type: hmac, header: X-Sig, secret", "secret"),
        ("type: twilio_signature, public_url: 'https://x.example/in', auth_token", "auth_token"),
    ],
)
def test_two_secrets_rotate_and_three_are_refused(read, auth, key):
    def source(value):
        return read(f"{{s: {{type: ringcentral, auth: {{{auth}: {value}}}}}}}")

    for value, left in (("old", 1), ("[old, new]", 2), ("['', new]", 1), ("['', '']", 0)):
        settings = source(value).sources["s"].auth
        assert len(getattr(settings.options, key)) == left
        assert settings.usable is bool(left)
    for value in (f"[{CANARY}, b, c]", "[]", "5", f"{{a: {CANARY}}}"):
        (problem,) = source(value)
        assert f"sources.s.auth.{key}: Must be a text or a list of one or two" in problem
        assert CANARY not in problem


def test_the_admin_listener_may_leave_loopback_with_a_token(read):
    settings = read(admin="{host: 0.0.0.0, auth: {type: token, token: [a, b]}}")
    assert [each.reveal() for each in settings.admin.auth.token] == ["a", "b"]
    assert "'a'" not in repr(settings)


@pytest.mark.parametrize("name", ["a", "0", "-a", "_", "flex-2_b", "a" * 64])
def test_every_name_of_those_characters_is_one(read, name):
    assert name in read(f"{{'{name}': {{type: flex_rta, auth: {{type: none}}}}}}").sources


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "'::'"])
def test_the_two_listeners_may_not_meet(read, everywhere):
    auth = "auth: {type: token, token: t}"
    told = read(server="{port: 9000}", admin=f"{{host: {everywhere}, port: 9000, {auth}}}")
    assert told == ("c.yaml:3: admin.port: The server has that port; valid: another, or 0.",)


@pytest.mark.parametrize("name", ["Flex", "a.b", "", "a" * 65, "ä"])
def test_a_name_is_short_and_plain(read, name):
    told = read(f"{{'{name}': {{type: flex_rta, auth: {{type: none}}}}}}")
    assert any("a name has 1 to 64 of a-z, 0-9, - and _" in each for each in told)


def test_the_json_schema_describes_every_section():
    schema = config_schema(REGISTRY)
    assert set(schema["properties"]) == {
        "server", "admin", "store", "ledger", "intervals", "agents", "sources", "destinations",
    }  # fmt: skip
    kinds = schema["properties"]["destinations"]["additionalProperties"]["anyOf"]
    named = [each["properties"]["mapping"]["anyOf"][0]["const"] for each in kinds]
    assert named == [*sorted(REGISTRY.destinations), *sorted(REGISTRY.files)]
    assert all(each["additionalProperties"] is False for each in kinds)
    port = schema["properties"]["server"]["properties"]["port"]["anyOf"][0]
    assert (port["type"], port["minimum"], port["maximum"]) == ("integer", 0, 65535)

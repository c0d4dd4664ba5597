"""The configuration: every key, every problem at once, nothing of a secret in a message."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.config.schema_json import config_schema
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from gateway.model.event import EventType
from gateway.model.rate import RateLimit
from gateway.settings import (
    AdminSettings,
    AgentsSettings,
    IntervalSettings,
    LedgerSettings,
    ServerSettings,
    StoreSettings,
)

ROOT = Path(__file__).parents[2]
REGISTRY = installed()
SOURCE = "sources: {flex: {type: flex_rta, auth: {type: none}}}\n"


@pytest.fixture
def loading(tmp_path, monkeypatch):
    """Load a text as a configuration, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def load_text(text, **environ):
        path = Path("gateway.yaml")
        path.write_text(text if isinstance(text, str) else "", encoding="utf-8")
        return load(path, REGISTRY, environ)

    return load_text


@pytest.fixture
def problems(loading):
    """Return what is wrong with a configuration, a line for each problem."""

    def problems_of(text, **environ):
        with pytest.raises(ConfigurationError) as raised:
            loading(text, **environ)
        return raised.value.problems

    return problems_of


def destination(more="", mapping="cloudevents", url="https://wfm.example.com/in"):
    return SOURCE + f"destinations: {{wfm: {{mapping: {mapping}, url: '{url}'{more}}}}}\n"


def test_defaults_are_those_of_the_contract(loading):
    settings = loading(destination())
    assert settings.server == ServerSettings(
        host="127.0.0.1", port=8080, max_body_bytes=5 * 2**20, max_connections=1000,
        max_inflight_bytes=64 * 2**20, shutdown_grace=timedelta(seconds=20), proxies=(), tls=None,
    )  # fmt: skip
    assert settings.admin == AdminSettings(host="127.0.0.1", port=8081)
    assert settings.store == StoreSettings(
        path=Path("var/gateway.db"),
        retention=timedelta(hours=72),
        max_untranslated=100_000,
        max_disk=10 * 2**30,
    )
    assert settings.agents == AgentsSettings(files=(), unmapped="forward")
    wfm = settings.destinations["wfm"]
    assert (wfm.timeout, wfm.concurrency) == (timedelta(seconds=10), 16)
    assert wfm.identify_by == ("wfm_id", "external_id", "id")
    assert (wfm.rate_limit, wfm.batch, wfm.order, wfm.settle) == (None, None, "agent", timedelta(0))
    assert (wfm.retry.first, wfm.retry.max) == (timedelta(milliseconds=500), timedelta(seconds=60))
    assert wfm.retry.give_up_after == timedelta(hours=24)
    assert (wfm.circuit.failures, wfm.circuit.probe_after) == (5, timedelta(seconds=5))
    assert (wfm.max_backlog, wfm.include, wfm.sources) == (200_000, frozenset(), None)
    assert settings.sources["flex"].options.live_channels == {"voice", "video"}


@pytest.mark.parametrize(
    ("mapping", "superseded", "stale_after"),
    [("cloudevents", "send", None), ("calabrio_rta_json", "skip", timedelta(minutes=15))],
)
def test_the_mappings_clock_decides_defaults(loading, mapping, superseded, stale_after):
    options = ", options: {authentication_key: k, source_id: '1'}" if "cal" in mapping else ""
    wfm = loading(destination(options, mapping)).destinations["wfm"]
    assert (wfm.superseded, wfm.stale_after) == (superseded, stale_after)


@pytest.mark.parametrize(
    ("more", "name", "wanted"),
    [
        (", rate_limit: 300/m", "rate_limit", RateLimit(300, timedelta(minutes=1))),
        (", stale_after: off", "stale_after", None),
        (", stale_after: 'off'", "stale_after", None),
        (", stale_after: 90s", "stale_after", timedelta(seconds=90)),
        (", events: [agent.state]", "events", frozenset({EventType.STATE})),
        (", sources: [flex]", "sources", frozenset({"flex"})),
        (", include: [customer, notes]", "include", frozenset({"customer", "notes"})),
        (", order: none", "order", "none"),
        (", settle: 3s", "settle", timedelta(seconds=3)),
        (", timeout: 500ms", "timeout", timedelta(milliseconds=500)),
    ],
)
def test_what_a_destination_may_say(loading, more, name, wanted):
    assert getattr(loading(destination(more)).destinations["wfm"], name) == wanted


def test_values_are_filled_in_and_read_as_the_keys_type(loading, tmp_path):
    (tmp_path / "secret").write_text("from-a-file\n")
    text = (
        'server: {port: "${PORT}", max_body_bytes: "${SIZE:-64KiB}", proxies: ["${NET}"]}\n'
        "sources:\n  engage:\n    type: ringcentral\n"
        '    auth: {type: token, header: "X-${WHAT}", token: ["${file:secret}", "${EMPTY:-}"]}\n'
    )
    settings = loading(text, PORT="9000", NET="10.0.0.0/8", WHAT="Key")
    assert (settings.server.port, settings.server.max_body_bytes) == (9000, 64 * 1024)
    assert settings.server.proxies == (ip_network("10.0.0.0/8"),)
    options = settings.sources["engage"].auth.options
    assert (options.header, [each.reveal() for each in options.token]) == ("X-Key", ["from-a-file"])


def test_an_empty_credential_is_a_warning_and_makes_the_source_unusable(loading):
    text = "sources: {e: {type: ringcentral, auth: {type: token, header: X, token: '${T:-}'}}}"
    settings = loading(text)
    assert settings.sources["e"].auth.usable is False
    assert any("every credential is empty" in each for each in settings.warnings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold keys and values"),
        ("- a\n", "must hold keys and values"),
        ("a: [", "is not YAML"),
        (SOURCE + SOURCE, "a key stands here a second time"),
        (SOURCE + "sever: {}\n", "sever: unknown key; did you mean server?"),
        ("server: {}\n", "sources: at least one source is needed"),
        (SOURCE + "server: {port: 70000}\n", "server.port: "),
        (SOURCE + "server: {port: '80'}\n", "server.port: Not a valid integer."),
        (SOURCE + "server: {port: '${X}'}\n", "the environment variable X is not set"),
        (SOURCE + "server: {host: '${file:none}'}\n", "the file none cannot be read"),
        (SOURCE + "server: {max_body_bytes: 5MB}\n", "valid: 64KiB, 1MiB, 10GiB"),
        (SOURCE + "server: {shutdown_grace: 20}\n", "Not a duration such as"),
        (SOURCE + "server: {proxies: [10.0.0.300]}\n", "server.proxies[0]: Not a network"),
        (SOURCE + "server: {host: 0.0.0.0}\n", "The type none needs a loopback server.host"),
        (SOURCE + "admin: {host: 0.0.0.0}\n", "The type none is for loopback only"),
        (SOURCE + "admin: {auth: {type: token, token: ''}}\n", "auth.token: Must not be empty"),
        (SOURCE + "store: {engine: jetstream}\n", "store.engine: not yet supported; valid: sqlite"),
        (SOURCE + "agents: {unmapped: maybe}\n", "valid: drop, forward, hold"),
        (SOURCE + "agents: {files: [none.csv]}\n", "none.csv: cannot be read"),
        ("sources: {F l: {type: flex_rta, auth: {type: none}}}\n", "a name has 1 to 64 of"),
        ("sources: {f: {auth: {type: none}}}\n", "sources.f.type: Missing data"),
        ("sources: {f: {type: flex_rta}}\n", "sources.f.auth: Missing data"),
        ("sources: {f: {type: flex_rta, auth: {type: non}}}\n", "valid: basic, hmac, jwt, none"),
        (destination(url="ftp://x"), "destinations.wfm.url: Not a URL"),
        (destination(url="https://{host}/"), "has no blanks, control characters or braces"),
        (destination(url="https://u:p@x.example"), "neither a user nor a fragment"),
        (destination(", sources: [flax]"), "sources[0]: Not one of them; valid: flex."),
        (destination(", batch: {max_events: 5000}"), "takes at most 1000 events"),
        (destination(", batch: {max_events: 2}", "http_json"), "takes no batches"),
        (destination(", batch: {max_events: 2}", "assembled"), "no batches with these options"),
        (destination(", options: {a: 1}, batch: {max_events: 2}", "assembled"), "a: unknown key"),
        (destination(", options: {query: {n: 5}}", "http_json"), "options.query.n: Must be a text"),
        (destination(", options: {dates: {d: {format: x, zone: y}}}", "http_json"), "d.zone: Not"),
        (destination(", auth: {type: basic, username: a}"), "auth.password: Missing data"),
        (destination(", auth: {type: bearer, token: t, name: n}"), "auth.name: Not a key"),
        (destination(", identify_by: [badge]"), "valid: email, external_id, id, username, wfm_id"),
        (destination(", rate_limit: 50"), "valid: 50/s, 300/m, 1000/h"),
        (destination(", snapshot: {every: 15m}"), "cloudevents takes no snapshots"),
        (SOURCE + "store: {max_disk: 1MiB}\n", "store.max_disk: Must be at least 8MiB."),
        (destination(", retry: {frist: 1s}"), "retry.frist: unknown key; did you mean first?"),
    ],
)  # fmt: skip
def test_every_problem_is_named_with_its_path(problems, text, said):
    found = problems(text)
    assert any(said in each for each in found), found
    assert all(each.startswith("gateway.yaml") for each in found)


def test_every_problem_is_listed_at_once_with_its_line(problems):
    text = """server: {port: x}
sources:
  flex:
    type: flax
    auth: {type: nope}
  engage: {type: ringcentral, auth: {type: none}, timezone: Mars}
destinations:
  wfm:
    mapping: cloudevents
    url: nowhere
    timout: 1s
extra: 1
"""
    assert [each.partition(": ")[0] for each in problems(text)] == [
        "gateway.yaml:1", "gateway.yaml:4", "gateway.yaml:5", "gateway.yaml:6",
        "gateway.yaml:10", "gateway.yaml:11", "gateway.yaml:12",
    ]  # fmt: skip


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a: !!python/object:os.system {}", b"a: &a [*a]\n"])
def test_odd_files_are_plain_problems(tmp_path, raw):
    path = tmp_path / "gateway.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError):
        load(path, REGISTRY, {})


def test_a_missing_file_is_a_plain_problem(tmp_path):
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "none.yaml", REGISTRY, {})
    assert "cannot be read" in raised.value.problems[0]


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "more",
    [
        f", auth: {{type: bearer, token: {CANARY}}}, timout: 1s",
        f", auth: {{type: header, name: 'a b', value: {CANARY}}}",
        f", auth: {{type: basic, username: u, password: ['{CANARY}']}}",
        f", auth: {{type: nope, token: {CANARY}}}",
    ],
)
def test_no_message_shows_a_secret(problems, more):
    assert not [each for each in problems(destination(more)) if CANARY in each]


def test_a_secret_needs_https_off_loopback(loading, problems):
    secret = ", auth: {type: bearer, token: t}"
    assert "Plain http would show" in problems(destination(secret, url="http://wfm.example.com"))[0]
    key = ", options: {authentication_key: k, source_id: '1'}"
    said = problems(destination(key, "calabrio_rta_json", "http://wfm.example.com"))
    assert "Plain http would show" in said[0]
    loading(destination(secret, url="http://127.0.0.1:9/x"))
    loading(
        destination(", auth: {type: bearer, token: t, plaintext: true}", url="http://w.example")
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", superseded: skip", "leaves gaps"),
        (", stale_after: 5m", "leaves gaps"),
    ],
)
def test_check_warns_of_what_harms(loading, more, said):
    assert any(said in each for each in loading(destination(more)).warnings)


def test_a_source_without_accounts_is_warned_of(loading):
    assert any("no accounts" in each for each in loading(destination()).warnings)


@pytest.mark.parametrize("name", ["gateway", "reference", "container", "demo"])
def test_the_files_that_come_with_the_project_are_right(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    made_up = dict.fromkeys(("TWILIO_AUTH_TOKEN", "RC_PASSWORD", "WFM_TOKEN"), "made-up")
    urls = dict.fromkeys(("FLEX_PUBLIC_URL", "WFM_URL"), "https://wfm.example.com/x")
    assert load(ROOT / "config" / f"{name}.yaml", REGISTRY, made_up | urls).sources


def keys_of(schema):
    """Yield every key that a configuration may have."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys_of(inner)
    for each in schema.get("anyOf", ()):
        yield from keys_of(each)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys_of(schema["additionalProperties"])


def test_every_key_stands_in_the_reference():
    text = (ROOT / "config" / "reference.yaml").read_text()
    missing = {key for key in keys_of(config_schema(REGISTRY)) if f"{key}:" not in text}
    assert missing - {"query", "jwks_file", "jwks_url"} == set()
    assert all(each in text for each in ("query", "jwks_file", "jwks_url"))


def test_the_references_defaults_are_the_codes(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    settings = load(ROOT / "config" / "reference.yaml", REGISTRY, {})
    assert settings.server == ServerSettings()
    assert settings.store == StoreSettings()
    assert settings.agents == AgentsSettings()
    assert settings.ledger == LedgerSettings()
    assert settings.intervals == IntervalSettings()
    assert settings.admin == AdminSettings()
    told, plain = settings.destinations["calabrio"], settings.destinations["events"]
    for name in ("timeout", "concurrency", "retry", "circuit", "order", "settle", "max_backlog"):
        assert getattr(told, name) == getattr(plain, name)

"""YAML that is no configuration is one plain problem; what YAML reads oddly is not misread."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()
SOURCE = "sources:\n  flex: {type: flex_rta, auth: {type: none}}\n"
TOLD = "destinations: {w: {mapping: cloudevents, url: 'https://x', sources: [a]}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(6)
)


@pytest.fixture
def load_bytes(tmp_path, monkeypatch):
    """Load bytes as a configuration, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def load_them(raw, **environ):
        path = Path("c.yaml")
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return load(path, REGISTRY, environ)

    return load_them


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "c.yaml: must hold keys and values"),
        (b"# nothing\n", "c.yaml: must hold keys and values"),
        (b"\xff\xfea", "c.yaml: is not UTF-8"),
        (b"a: \0", "c.yaml: is not YAML"),
        (SOURCE + "\tx: 1\n", "c.yaml:3: is not YAML"),
        (SOURCE + "---\na: 1\n", "c.yaml:3: is not YAML"),
        (SOURCE + "store: {path: a, path: b}\n", "c.yaml:3: a key stands here a second time"),
        (SOURCE + "agents: {files: " + "[" * 3000, "c.yaml:3: stands more than 40 levels deep"),
        (SOURCE + "store: {path: !!python/name:os.system ''}\n", "c.yaml:3: a tag"),
        (SOURCE + "store: {path: !vault abc}\n", "c.yaml:3: a tag"),
        (SOURCE + "server: !!omap [port: 1]\n", "c.yaml:3: a tag"),
        (BOMB, "c.yaml: holds more than 100000 keys and items"),
        (SOURCE + f"store: {{max_untranslated: {'9' * 5000}}}\n", "c.yaml: is not YAML: a number"),
        (SOURCE + "2024-01-01: x\n", "c.yaml:3: 2024-01-01: unknown key"),
        (SOURCE + "[a, b]: x\n", "unknown key; valid: admin"),
        (SOURCE + "server: {1: x}\n", "unknown key; valid: host"),
        ("sources: {a: {type: flex_rta, auth: {1: 2, type: none}}}\n", "a.auth[1]: unknown"),
        (SOURCE + "  true: {type: flex_rta, auth: {type: none}}\n", "sources.True: a name has"),
        (SOURCE + "agents: &a\n  files: [*a]\n", "agents.files[0]: "),
        (SOURCE + 'store: {path: "\\ud800"}\n', "store.path: holds half a character"),
        ("sources: 5\n" + TOLD, "c.yaml:1: sources: must hold names and their keys"),
        ("sources: [{a: b}]\n" + TOLD, "c.yaml:1: sources: must hold names and their keys"),
        (SOURCE + 'agents: {"a\\nb\\e[1m": x}\n', r"c.yaml:3: agents.a\nb\x1b[1m: unknown key"),
        (SOURCE + "destinations: false\n", "destinations: must hold names"),
        (SOURCE + "server: {port: 010}\n", "server.port: Not a valid integer"),
        (SOURCE + "server: {port: 0x10}\n", "server.port: Not a valid integer"),
        (SOURCE + "server: {port: 8081}\n", "admin.port: The server has that port"),
        (SOURCE + "store: {path: 2024-01-01}\n", "store.path: Not a path"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_a_plain_problem(load_bytes, raw, said):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(raw)
    assert any(said in each for each in raised.value.problems), raised.value.problems


@pytest.mark.parametrize(
    "run_together",
    [
        *("password:hunter2", "password=hunter2", "password:hunter2: x", "{password:hunter2}"),
        "password:hunter2, password:hunter2",
    ],
)
def test_a_password_that_yaml_reads_as_a_key_is_not_repeated(load_bytes, run_together):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(
            f"sources: {{e: {{type: ringcentral, auth: {{type: basic, {run_together}}}}}}}\n"
        )
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("auth", "hint"),
    [
        ("password:hunter2", "auth.password:…: unknown key; did you mean password?"),
        ("password:hunter2", "; a key and its value stand as `key: value`"),
        ("password: aa,hunter2", "auth.…: unknown key; valid: allow_from, password, "),
        ("password: aa,hunter2", "; a text with a comma needs quotes"),
        ("'aa${hunter2 b}': x", "auth.aa${…}: a ${…} is filled in in values, not in keys"),
    ],
)
def test_a_piece_of_a_password_that_became_a_key_is_not_shown(load_bytes, auth, hint):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(f"sources: {{e: {{type: ringcentral, auth: {{type: basic, {auth}}}}}}}\n")
    assert "hunter2" not in str(raised.value)
    assert hint in str(raised.value)


def test_what_a_template_names_is_no_password_and_not_shown_either(load_bytes):
    told = "mapping: http_json, url: 'https://x', options: {headers: {key:hunter2}}"
    with pytest.raises(ConfigurationError, match=r"headers\.key:…") as raised:
        load_bytes(SOURCE + f"destinations: {{w: {{{told}}}}}\n")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("key", ["a\\nb\\e[1m", "a\\rb", "a\\u2028b"])
@pytest.mark.parametrize("form", ['{{"{0}": x}}', '{{"{0}": x, "{0}": y}}'])
def test_a_key_never_splits_its_problem(load_bytes, form, key):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(SOURCE + f"agents: {form.format(key)}\n")
    assert len(raised.value.problems) == len(str(raised.value).splitlines()) == 1
    assert raised.value.problems[0].isprintable()


@pytest.mark.parametrize("secret", ["*hunter2", "!hunter2", "'hunter2' hunter3"])
def test_a_password_without_quotes_is_not_repeated(load_bytes, secret):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(f"sources:\n  e:\n    auth:\n      password: {secret}\n")
    assert "hunter" not in str(raised.value)


def test_anchors_merges_and_a_byte_order_mark_are_read(load_bytes):
    text = (
        "\ufeffsources:\n  a: &a {type: flex_rta, auth: {type: none}, accounts: [007, 42]}\n"
        "  b: *a\n  c:\n    <<: *a\n    accounts: [AC1]\n"
    )
    sources = load_bytes(text).sources
    assert sources["b"].accounts == {"007", "42"}
    assert sources["c"].accounts == {"AC1"}


def test_a_line_is_told_of_what_is_merged_in(load_bytes):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(
            "sources:\n  a: &a {type: flex_rta, auth: {type: none}}\n"
            "  c:\n    <<: *a\n    acounts: [x]\n"
        )
    assert raised.value.problems[0].startswith(
        "c.yaml:5: sources.c.acounts: unknown key; did you mean accounts?"
    )


@pytest.mark.parametrize("host", ["::1", "127.0.0.2", "localhost", "LOCALHOST"])
def test_loopback_in_every_spelling_needs_no_credentials(load_bytes, host):
    assert load_bytes(SOURCE + f"server: {{host: '{host}'}}\n").server.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "wfm.example.com"])
def test_elsewhere_a_source_needs_credentials_whatever_else_is_wrong(load_bytes, host):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(SOURCE + f"server: {{host: '{host}', port: x}}\n")
    assert any("sources.flex.auth.type: The type none" in each for each in raised.value.problems)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("server: {host: '${NOPE}'}", "server.host: the environment variable NOPE is not set"),
        ("server: {host: '${NOPE}.1'}", "server.host: the environment variable NOPE is not set"),
        ("server: {host: '${NOPE:-}'}", "server.host: Must not be empty."),
        ("server: {host: '[::1]'}", "server.host: Not a host; valid: 127.0.0.1, ::1, localhost."),
        ("admin: {host: '${NOPE}.1'}", "admin.host: the environment variable NOPE is not set"),
        (
            "admin: {port: 8080}\nserver: {port: '${NOPE}'}",
            "server.port: the environment variable NOPE is not set",
        ),
    ],
)
def test_a_value_that_cannot_be_read_is_one_problem_and_not_two(load_bytes, more, said):
    with pytest.raises(ConfigurationError) as raised:
        load_bytes(SOURCE + more + "\n")
    assert [each.partition(": ")[2] for each in raised.value.problems] == [said]


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_problems_and_never_a_traceback(raw, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "c.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError):
        load(path, REGISTRY, {})

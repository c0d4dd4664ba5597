"""What keys say together is told at once, whatever else is wrong, and only where it is known."""

from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return what is wrong with a source's `auth`, or with more sections, by its path."""
    monkeypatch.chdir(tmp_path)

    def problems_of(auth="{type: none}", more="", **environ):
        path = Path("c.yaml")
        path.write_text(f"sources: {{s: {{type: ringcentral, auth: {auth}}}}}\n{more}\n")
        with pytest.raises(ConfigurationError) as raised:
            load(path, REGISTRY, environ)
        return [each.partition(": ")[2] for each in raised.value.problems]

    return problems_of


ONE_KEY = "sources.s.auth: Exactly one of key, jwks_file, jwks_url is needed."
ONE_PLACE = "sources.s.auth: Exactly one of header, query is needed."


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ("{type: jwt, leeway: x}", ONE_KEY),
        ("{type: jwt, algorithms: [RS256], key: 5, jwks_url: 'https://x'}", ONE_KEY),
        ("{type: token}", ONE_PLACE),
        ("{type: token, header: a b, query: q, token: t}", ONE_PLACE),
        ("{type: hmac, tolerance: 1s}", "sources.s.auth.tolerance: Needs timestamp_header."),
        (
            "{type: jwt, jwks_file: 5, algorithms: [HS256]}",
            "sources.s.auth.algorithms: HS algorithms go with `key` only.",
        ),
        (
            "{type: jwt, leeway: x, jwks_url: 'http://x.example'}",
            "sources.s.auth.jwks_url: Must be https: who can change the keys can come in.",
        ),
    ],
)
def test_what_the_keys_of_a_check_say_together_is_told_beside_other_faults(told, auth, said):
    assert said in told(auth)
    assert len(told(auth)) > 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "server: {port: x, max_inflight_bytes: 1KiB}",
            "server.max_inflight_bytes: Must be at least server.max_body_bytes.",
        ),
        (
            "admin: {port: x, host: 0.0.0.0}",
            "admin.auth: The type none is for loopback only; valid here: token, jwt.",
        ),
        ("admin: {auth: {type: jwt, token: t}}", "admin.auth.token: Not a key of the type jwt."),
        ("admin: {auth: {type: token, token: '', a: 1}}", "admin.auth.token: Must not be empty."),
    ],
)
def test_what_the_keys_of_a_section_say_together_is_told_beside_other_faults(told, more, said):
    assert said in told(more=more)
    assert len(told(more=more)) > 1


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("auth: {type: basic, value: 3}", "auth.password: Missing data for required field."),
        ("auth: {type: basic, value: 3}", "auth.value: Not a key of the type basic."),
        ("retry: {max: 1s, first: 10s, a: 1}", "retry.max: Must be at least retry.first."),
        ("tls: {private_key: none}", "tls.private_key: Needs a certificate."),
    ],
)
def test_what_the_keys_of_a_destination_say_together_is_told_beside_other_faults(told, keys, said):
    problems = told(more=f"destinations: {{w: {{mapping: cloudevents, url: 'https://x', {keys}}}}}")
    assert f"destinations.w.{said}" in problems
    assert len(problems) > 1


@pytest.mark.parametrize("value", ["5", "text", "[1]", "null", "{}"])
def test_nothing_is_said_together_by_what_holds_no_keys(told, value):
    destination = f"mapping: cloudevents, url: 5, auth: {value}, retry: {value}, tls: {value}"
    problems = told(value, f"admin: {{auth: {value}}}\ndestinations: {{w: {{{destination}}}}}")
    assert all("Must h" in each or "type: Missing" in each or "Not a URL" in each
               or "Must be a text" in each for each in problems)  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        "server: {max_body_bytes: much, max_inflight_bytes: 1MiB}",
        "admin: {host: '[::]'}",
        "destinations: {w: {mapping: cloudevents, url: 'https://x', retry: {first: 9m, max: x}}}",
    ],
)
def test_what_cannot_be_read_is_not_compared(told, more):
    assert len(told(more=more)) == 1


def test_a_key_that_is_not_filled_in_counts_as_given(told):
    auth = "{type: jwt, algorithms: [RS256], jwks_url: '${NOPE}'}"
    assert told(auth) == ["sources.s.auth.jwks_url: the environment variable NOPE is not set"]

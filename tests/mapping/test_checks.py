"""`token` and `basic`, and what the options of all checks have in common."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gateway.mapping import CredentialsError
from gateway.mapping.checks import basic, hmac, jwt, token
from gateway.mapping.checks.options import Duration, Secrets
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def checker(check, **options):
    return check.CHECK.build(check.CHECK.options().load(options))


def refusal(checker, sent):
    """The status with which the sender is refused, `None` where they come in."""
    try:
        checker.check_headers(sent, NOW)
        checker.check_body(sent, b"{}", NOW)
    except CredentialsError as error:
        return error.status
    return None


class TestToken:
    HEADER = staticmethod(lambda *values: [("X-Api-Key", value) for value in values])

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ([], 401),
            (HEADER("12345"), None),
            (HEADER("1234"), 403),
            (HEADER("123456"), 403),
            (HEADER(""), 403),
            (HEADER("12345", "12345"), 403),
            (HEADER("\udcff"), 403),
        ],
    )
    def test_in_a_header(self, headers, status):
        door = checker(token, header="X-Api-Key", token="12345")
        assert refusal(door, presented("/v1/ingest/s", *headers)) == status

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("", 401),
            ("?other=12345", 401),
            ("?key=12345", None),
            ("?a=b&key=12345&c", None),
            ("?k%65y=12345", None),
            ("?key=%312345", None),
            ("?key=1234", 403),
            ("?key", 403),
            ("?key=12345&key=12345", 403),
            ("?key=12345&k%65y=1", 403),
            ("?KEY=12345", 401),
        ],
    )
    def test_in_the_query_string(self, query, status):
        door = checker(token, query="key", token="12345")
        assert refusal(door, presented("/v1/ingest/s" + query)) == status

    def test_either_of_two_while_it_is_changed(self):
        door = checker(token, header="x-api-key", token=["old", "new"])
        assert refusal(door, presented("/", ("X-API-KEY", "old"))) is None
        assert refusal(door, presented("/", ("X-API-KEY", "new"))) is None
        assert refusal(door, presented("/", ("X-API-KEY", "oldnew"))) == 403

    def test_a_token_that_is_not_ascii(self):
        door = checker(token, query="key", token="clé")
        assert refusal(door, presented("/?key=cl%C3%A9")) is None
        assert refusal(door, presented("/?key=cl%E9")) == 403

    @pytest.mark.parametrize(
        "options",
        [
            {"token": "1"},
            {"token": "1", "header": "a", "query": "b"},
            {"header": "a"},
            {"token": 12345, "header": "a"},
            {"token": ["1", "2", "3"], "header": "a"},
            {"token": [], "header": "a"},
            {"token": "1", "header": "a b"},
            {"token": "1", "header": "a\n"},
            {"token": "1", "query": ""},
            {"token": "1", "query": "a", "more": 1},
        ],
    )
    def test_options_that_are_refused(self, options):
        with pytest.raises(ValidationError):
            checker(token, **options)

    def test_names_the_parameter_that_is_not_kept(self):
        secret = token.CHECK.query_secret
        load = token.CHECK.options().load
        assert secret(load({"token": "1", "query": "key"})) == "key"
        assert secret(load({"token": "1", "header": "key"})) is None


def basic_header(text):
    return ("Authorization", "Basic " + b64encode(text.encode()).decode())


class TestBasic:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ([], 401),
            ([basic_header("rc:pass:word")], None),
            ([("authorization", "bAsIc  " + b64encode(b"rc:pass:word").decode())], None),
            ([basic_header("rc:pass")], 403),
            ([basic_header("rd:pass:word")], 403),
            ([basic_header("rc")], 403),
            ([basic_header("")], 403),
            ([("Authorization", "Basic")], 403),
            ([("Authorization", "Basic !!")], 403),
            ([("Authorization", "Basic \udcff")], 403),
            ([("Authorization", "Basic " + b64encode(b"rc:\xff").decode())], 403),
            ([("Authorization", "Bearer abc")], 401),
            ([("Authorization", "")], 401),
            ([basic_header("rc:pass:word"), basic_header("rc:pass:word")], 403),
        ],
    )
    def test_what_comes_in(self, headers, status):
        door = checker(basic, username="rc", password="pass:word")
        assert refusal(door, presented("/", *headers)) == status

    def test_utf8_and_either_of_two_passwords(self):
        door = checker(basic, username="zoë", password=["été", "hiver"])
        assert refusal(door, presented("/", basic_header("zoë:été"))) is None
        assert refusal(door, presented("/", basic_header("zoë:hiver"))) is None
        latin = ("Authorization", "Basic " + b64encode("zoë:été".encode("latin-1")).decode())
        assert refusal(door, presented("/", latin)) == 403

    def test_a_user_name_with_a_colon_cannot_be_sent(self):
        with pytest.raises(ValidationError, match="colon"):
            checker(basic, username="a:b", password="c")

    def test_tells_clients_what_to_send(self):
        assert basic.CHECK.challenge.startswith("Basic realm=")

    @given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=40))
    def test_no_header_does_more_than_refuse(self, value):
        door = checker(basic, username="rc", password="12345")
        assert refusal(door, presented("/", ("Authorization", value))) in {401, 403}


class TestSecrets:
    @pytest.mark.parametrize(
        ("check", "options"),
        [
            (token, {"header": "a", "token": ["", "  "]}),
            (basic, {"username": "rc", "password": ""}),
            (basic, {"username": "", "password": "12345"}),
            (hmac, {"header": "a", "secret": ""}),
            (jwt, {"algorithms": ["HS256"], "key": ""}),
            (jwt, {"algorithms": ["RS256"], "jwks_url": ""}),
            (jwt, {"algorithms": ["RS256"], "jwks_file": ""}),
        ],
    )
    def test_empty_ones_leave_nothing_to_compare_with(self, check, options):
        assert not check.CHECK.options().load(options).usable

    def test_an_empty_one_beside_another_is_dropped_and_lets_nobody_in(self):
        options = token.CHECK.options().load({"header": "a", "token": ["", "12345"]})
        assert options.usable
        assert len(options.token) == 1
        assert refusal(token.CHECK.build(options), presented("/", ("a", ""))) == 403

    def test_an_unusable_check_still_lets_nobody_in(self):
        door = checker(token, header="a", token="")
        assert refusal(door, presented("/", ("a", ""))) == 403

    @pytest.mark.parametrize("value", [7, None, True, ["a", 7], [[]], {}])
    def test_only_texts(self, value):
        with pytest.raises(ValidationError):
            Secrets().deserialize(value)

    def test_never_shown(self):
        for check, options in (
            (token, {"header": "a", "token": "s3cret"}),
            (basic, {"username": "rc", "password": "s3cret"}),
            (hmac, {"header": "a", "secret": "s3cret"}),
            (jwt, {"algorithms": ["HS256"], "key": "s3cret"}),
        ):
            assert "s3cret" not in repr(checker(check, **options))


class TestDuration:
    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("0s", timedelta(0)),
            ("500ms", timedelta(milliseconds=500)),
            ("10s", timedelta(seconds=10)),
            ("5m", timedelta(minutes=5)),
            ("24h", timedelta(days=1)),
            ("7d", timedelta(days=7)),
        ],
    )
    def test_reads(self, text, duration):
        assert Duration().deserialize(text) == duration

    @pytest.mark.parametrize(
        "text", ["", "5", "5 m", "-5m", "1.5h", "5M", "m", "\u0665m", 5, "366d"]
    )
    def test_refuses(self, text):
        with pytest.raises(ValidationError):
            Duration().deserialize(text)

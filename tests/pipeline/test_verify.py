"""Who comes in: networks, credentials, what is believed and kept afterwards."""

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import CredentialsError
from gateway.mapping.authenticity import AuthenticityCheck
from gateway.mapping.checks import basic, hmac, jwt, token
from gateway.mapping.parameters import without_parameter
from gateway.model.receipt import Receipt
from gateway.pipeline.verify import (
    believer,
    checker_for,
    is_allowed,
    prepare,
    query_secret,
    remote_address,
    verify_body,
    verify_headers,
)
from gateway.settings import SourceAuth
from mappings.authenticity import twilio_signature
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def networks(*texts):
    return tuple(ip_network(text) for text in texts)


def auth(check, **options):
    loaded = check.CHECK.options().load(options)
    return SourceAuth(check.CHECK.name, check.CHECK, loaded, usable=loaded.usable)


def no_keys(at):
    raise AssertionError(f"nobody asked for keys at {at}")


def status(auth, sent, body=b""):
    checker = checker_for(auth, no_keys)
    try:
        verify_headers(sent, checker, NOW)
        verify_body(sent, body, checker, NOW)
    except CredentialsError as error:
        return error.status
    return None


class TestNetworks:
    @pytest.mark.parametrize(
        ("address", "allowed"),
        [
            ("10.1.2.3", True),
            ("11.1.2.3", False),
            ("2001:db8::1", True),
            ("2001:db9::1", False),
            ("::ffff:10.1.2.3", True),
            ("::ffff:11.1.2.3", False),
        ],
    )
    def test_who_is_in_them(self, address, allowed):
        known = networks("10.0.0.0/8", "2001:db8::/32")
        assert is_allowed(remote_address(address, (), ()), known) is allowed

    def test_none_is_anybody(self):
        assert is_allowed(ip_address("192.0.2.1"), ())
        assert is_allowed(None, ())

    def test_an_address_that_is_not_known_is_in_none(self):
        assert not is_allowed(None, networks("0.0.0.0/0", "::/0"))


class TestRemoteAddress:
    PROXIES = networks("10.0.0.0/8", "fd00::/8")

    @pytest.mark.parametrize(
        ("peer", "forwarded", "expected"),
        [
            ("192.0.2.1", [], "192.0.2.1"),
            ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", ["203.0.113.9,198.51.100.7 , 10.2.2.2"], "198.51.100.7"),
            ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.2.2.2"], "198.51.100.7"),
            ("10.0.0.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            ("10.0.0.1", ["198.51.100.7, unknown, 10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.7,"], "10.0.0.1"),
            ("10.0.0.1", [""], "10.0.0.1"),
            ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
            ("fd00::1", ["2001:db8::7, fd00::2"], "2001:db8::7"),
            ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", ["198.51.100.7:4711:1"], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.007"], "10.0.0.1"),
        ],
    )
    def test_is_the_last_that_is_no_proxy(self, peer, forwarded, expected):
        assert remote_address(peer, forwarded, self.PROXIES) == ip_address(expected)

    @pytest.mark.parametrize("peer", ["", "unix", "/run/gateway.sock"])
    def test_of_what_has_none(self, peer):
        assert remote_address(peer, ["198.51.100.7"], self.PROXIES) is None

    @given(st.lists(st.text(max_size=20), max_size=4))
    def test_a_stranger_cannot_choose_it(self, forwarded):
        assert remote_address("192.0.2.1", forwarded, self.PROXIES) == ip_address("192.0.2.1")
        assert remote_address("10.0.0.1", forwarded, ()) == ip_address("10.0.0.1")

    @given(st.lists(st.text(max_size=20), max_size=4))
    def test_what_a_sender_adds_on_the_left_does_not_count(self, forwarded):
        told = [*forwarded, "198.51.100.7, 10.9.9.9"]
        assert remote_address("10.0.0.1", told, self.PROXIES) == ip_address("198.51.100.7")


class TestCredentials:
    def test_none_lets_everybody_in_and_trusts_the_query(self):
        free = SourceAuth("none")
        assert checker_for(free, no_keys) is None
        assert status(free, presented()) is None

    def test_the_headers_come_before_the_body(self):
        door = checker_for(auth(hmac, header="X-Sig", secret="12345"), no_keys)
        with pytest.raises(CredentialsError) as refused:
            verify_headers(presented(), door, NOW)
        assert (refused.value.status, refused.value.check) == (401, "hmac")
        sent = presented("/", ("X-Sig", "00"))
        verify_headers(sent, door, NOW)
        with pytest.raises(CredentialsError) as refused:
            verify_body(sent, b"", door, NOW)
        assert (refused.value.status, refused.value.check) == (403, "hmac")

    @pytest.mark.parametrize(
        "unusable",
        [
            auth(token, header="X-Key", token=""),
            auth(basic, username="rc", password=["", ""]),
            auth(hmac, header="X-Sig", secret=""),
            auth(jwt, algorithms=["HS256"], key=""),
            auth(twilio_signature, auth_token="", public_url="https://wfm.example.com/in"),
        ],
        ids=lambda each: each.type,
    )
    def test_nothing_configured_to_compare_with_is_503(self, unusable):
        assert status(unusable, presented()) == 503
        assert status(unusable, presented("/", ("X-Key", ""), ("X-Sig", ""))) == 503
        with pytest.raises(CredentialsError) as refused:
            verify_body(presented(), b"", checker_for(unusable, no_keys), NOW)
        assert (refused.value.status, refused.value.check) == (503, unusable.type)

    async def test_keys_published_elsewhere_are_opened_and_seen_to(self):
        opened = []

        class Keys:
            asked = 0

            def keys(self):
                return ()

            async def refresh(self, *, is_known, now):
                assert now == NOW
                self.asked += not is_known

        def open_keys(at):
            opened.append(at)
            return keys

        keys = Keys()
        door = checker_for(
            auth(jwt, algorithms=["RS256"], jwks_url="https://id.example/keys"), open_keys
        )
        assert [at.url for at in opened] == ["https://id.example/keys"]
        # {"alg":"RS256"} . {} . x
        sent = presented("/", ("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.eA"))
        await prepare(sent, door, NOW)
        assert keys.asked == 1
        with pytest.raises(CredentialsError) as refused:
            verify_headers(sent, door, NOW)
        assert refused.value.status == 503

    async def test_other_checks_have_nothing_to_prepare(self):
        await prepare(presented(), checker_for(SourceAuth("none"), no_keys), NOW)
        door = checker_for(auth(token, header="X-Key", token="12345"), no_keys)
        await prepare(presented(), door, NOW)


class TestBelieved:
    RECEIPT = Receipt("s", NOW, "POST", (), "a=1", b"{}")

    @pytest.mark.parametrize(
        ("given", "signed", "query_trusted"),
        [
            (SourceAuth("none"), False, True),
            (auth(token, header="X-Key", token="12345"), False, True),
            (auth(basic, username="rc", password="12345"), False, True),
            (auth(jwt, algorithms=["HS256"], key="12345"), False, True),
            (auth(hmac, header="X-Sig", secret="12345"), True, False),
            (auth(twilio_signature, auth_token="1", public_url="https://a/"), True, True),
        ],
        ids=lambda each: getattr(each, "type", None),
    )
    def test_what_the_credentials_cover(self, given, signed, query_trusted):
        verified = believer(given)(self.RECEIPT)
        assert verified.receipt is self.RECEIPT
        assert (verified.signed, verified.query_trusted) == (signed, query_trusted)

    def test_every_check_says_so(self):
        for module in (token, basic, hmac, jwt, twilio_signature):
            assert isinstance(module.CHECK, AuthenticityCheck)


class TestKeptQuery:
    def test_is_without_the_credential(self):
        assert query_secret(auth(token, query="key", token="12345")) == "key"
        assert query_secret(auth(token, header="key", token="1")) is None
        assert query_secret(SourceAuth("none")) is None

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            ("", ""),
            ("key", ""),
            ("key=", ""),
            ("key=1", ""),
            ("k%65y=1&%6bey=2&key=3", ""),
            ("a=%20+%2B&key=1&b=O'Neill&&c", "a=%20+%2B&b=O'Neill&&c"),
            ("monkey=1&keys=2&KEY=3&key%20=4", "monkey=1&keys=2&KEY=3&key%20=4"),
            ("a=key=1", "a=key=1"),
            ("a=1;key=2", "a=1;key=2"),
        ],
    )
    def test_the_rest_is_as_it_was(self, query, kept):
        assert without_parameter(query, "key") == kept

    @given(
        st.lists(st.tuples(st.sampled_from(["key", "k y", "é", "a"]), st.text(max_size=5))),
        st.sampled_from(["key", "k y", "é"]),
    )
    def test_whoever_reads_it_finds_the_others_and_not_that_one(self, fields, name):
        fields = [(each, value.encode("utf-8", "replace").decode()) for each, value in fields]
        query = "&".join(f"{quote(each)}={quote(value)}" for each, value in fields)
        left = [field for field in fields if field[0] != name]
        assert parse_qsl(without_parameter(query, name), keep_blank_values=True) == left

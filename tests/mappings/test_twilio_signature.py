"""The platform's signature: vectors, its own validator, and what it must not let in."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from gateway.mapping import CredentialsError
from mappings.authenticity.twilio_signature import CHECK
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
URL = "https://mycompany.com/myapp.php"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
CALL_OF_THE_DOCUMENTATION = CALL | {"Caller": "+14158675310", "From": "+14158675310"}
JSON_BODY = b'{"property": "value", "boolean": true}'
SIGNED_N1 = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
SIGNED_N8 = "a9nBmqA0ju/hNViExpshrM61xv4="


def checker(public_url=URL, auth_token="12345"):
    schema = CHECK.options()
    return CHECK.build(schema.load({"auth_token": auth_token, "public_url": public_url}))


def status(door, body, query, *signatures, content_type=JSON, more=()):
    """The status with which the request is refused, `None` where it comes in."""
    headers = [("X-Twilio-Signature", each) for each in signatures]
    headers += [("Content-Type", content_type)] if content_type is not None else []
    # The path is not the one that was called: a proxy has rewritten it.
    sent = presented("/v1/ingest/flex" + query, *headers, *more)
    try:
        door.check_headers(sent, NOW)
        door.check_body(sent, body, NOW)
    except CredentialsError as error:
        return error.status
    return None


def hash_of(body):
    return "bodySHA256=" + hashlib.sha256(body).hexdigest()


def sign(message, token="12345"):
    if isinstance(message, str):
        message = message.encode()
    return base64.b64encode(hmac.digest(token.encode(), message, "sha1")).decode()


class TestPublishedVectors:
    @pytest.mark.parametrize(
        ("public_url", "fields", "signature"),
        [
            pytest.param(URL, CALL, SIGNED_N1, id="N1"),
            pytest.param(URL, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w=", id="N2"),
            pytest.param("https://mycompany.com:443/myapp.php", CALL, SIGNED_N1, id="N1:443"),
            pytest.param(
                "http://mycompany.com/myapp.php", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4=", id="N3"
            ),
            pytest.param(
                "http://mycompany.com:1234/myapp.php",
                CALL,
                "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
                id="N4",
            ),
            pytest.param("https://mycompany.com:1234/myapp.php", CALL, SIGNED_N1, id="N5"),
            pytest.param(
                "https://example.com/myapp.php",
                CALL_OF_THE_DOCUMENTATION,
                "L/OH5YylLD5NRKLltdqwSvS0BnU=",
                id="N13",
            ),
        ],
    )
    def test_forms(self, public_url, fields, signature):
        body = urlencode(fields).encode()
        door = checker(public_url)
        assert status(door, body, "?foo=1&bar=2", signature, content_type=FORM) is None

    @pytest.mark.parametrize(
        ("query", "signature"),
        [
            pytest.param("?foo=1&bar=2&" + hash_of(JSON_BODY), SIGNED_N8, id="N8"),
            pytest.param("?" + hash_of(JSON_BODY), "y77kIzt2vzLz71DgmJGsen2scGs=", id="N10"),
        ],
    )
    def test_json(self, query, signature):
        assert status(checker(), JSON_BODY, query, signature) is None

    def test_n14_what_is_refused(self):
        door = checker()
        form = urlencode(CALL).encode()
        query = "?foo=1&bar=2"
        hashed = query + "&" + hash_of(JSON_BODY)
        assert status(door, form, query, "X" + SIGNED_N1[1:], content_type=FORM) == 403
        assert status(door, form, query, content_type=FORM) == 401
        assert status(door, JSON_BODY, hashed.replace("foo", "fo"), SIGNED_N8) == 403
        assert status(door, JSON_BODY + b" ", hashed, SIGNED_N8) == 403


RTA = "https://gateway.example.com/in/twilio/rta"
D1 = b'{"product":"Flex","object":"WFMWorkerChange","version":1,"records":[]}'
D3 = (
    '{"product":"Flex","object":"WFMWorkerChange","version":1,"records":'
    '[{"worker":{"sid":"WK1","activity_name":"Pause déjeuner ☕"},"channels":null}]}'
).encode()
D5 = {
    "EventType": "worker.activity.update",
    "AccountSid": "AC00000000000000000000000000000001",
    "WorkerSid": "WK00000000000000000000000000000001",
    "WorkerActivityName": "Pause déjeuner",
    "WorkerAttributes": '{"email":"a+b@example.com","name":" Zoë "}',
    "Timestamp": "1622977750",
    "TaskCanceledReason": "",
}


class TestDerivedVectors:
    @pytest.mark.parametrize(
        ("public_url", "query", "body", "signature"),
        [
            (RTA, "?", D1, "LnF8d8aX+KhISYmaVyUqWMrVquk="),
            (RTA, "?", D1, "N/bRR+8Mpx+hGJ4TCUQlPgAb/H0="),
            (RTA, "?tenant=acme&", D3, "Tx0/Kpc6RciWwpAeo8OMWfq/1fQ="),
            (RTA, "?tenant=acme&", D3, "ScboaHXgpFmrlLLkYwGio2Gwds8="),
            (RTA.replace("rta", "events"), "?", b"[]", "I++Rr3DNtVGUKNhdAltjqEuzNUY="),
            (RTA.replace("rta", "events"), "?", b"[]", "AkSp2cjzr8lCy6ELKWzB6hLgA5o="),
        ],
        ids=["D1", "D1:443", "D3", "D3:443", "D4", "D4:443"],
    )
    def test_json(self, public_url, query, body, signature):
        assert status(checker(public_url), body, query + hash_of(body), signature) is None

    @pytest.mark.parametrize(
        "signature", ["VtzQPmqh7UVdE0y7jS+o35VXWu0=", "38sa9DagumQmKUXpK1xgSM38j7A="]
    )
    def test_d5_is_a_form(self, signature):
        door = checker(RTA.replace("rta", "taskrouter"))
        body = urlencode(D5).encode()
        assert status(door, body, "", signature, content_type=FORM) is None
        without_blanks = body.replace(b"%22+Zo", b"%22Zo")
        assert status(door, without_blanks, "", signature, content_type=FORM) == 403


class TestBodyHash:
    """A captured address with its signature must not let another body in."""

    URL_SIGNED = sign(URL)

    def test_a_captured_request_lets_in_no_other_body(self):
        query = "?" + hash_of(b"{}")
        captured = sign(URL + query)
        assert status(checker(), b"{}", query, captured) is None
        for forged in (b"", b"{ }", b'{"records":[]}', b"[]"):
            assert status(checker(), forged, query, captured) == 403
            assert status(checker(), forged, query, captured, content_type=FORM) == 403

    @pytest.mark.parametrize("body", [b"", b"{}", D1])
    @pytest.mark.parametrize("content_type", [JSON, "text/plain", "multipart/form-data", "", None])
    def test_is_needed_wherever_the_body_is_no_form(self, body, content_type):
        door = checker()
        assert status(door, body, "", self.URL_SIGNED, content_type=content_type) == 403

    @pytest.mark.parametrize(
        "query",
        [
            "?" + hash_of(D1) + "&" + hash_of(D1),
            "?" + hash_of(D1) + "&bodySHA256=",
            "?" + hash_of(D1) + "&body%53HA256=0",
            "?bodySHA256=",
            "?bodySHA256",
            "?bodysha256=" + hashlib.sha256(D1).hexdigest(),
            "?bodySHA256=" + hashlib.sha256(D1).hexdigest().upper(),
            "?x=1;" + hash_of(D1),
        ],
    )
    def test_is_there_once_and_as_the_platform_writes_it(self, query):
        assert status(checker(), D1, query, sign(URL + query)) == 403

    def test_holds_for_a_form_that_has_one(self):
        body = b"a=1"
        good, bad = "?" + hash_of(body), "?" + hash_of(b"a=2")
        assert status(checker(), body, good, sign(URL + good + "a1"), content_type=FORM) is None
        assert status(checker(), body, bad, sign(URL + bad + "a1"), content_type=FORM) == 403


class TestAddress:
    @pytest.mark.parametrize(
        ("public_url", "signed"),
        [
            ("https://user:pass@wfm.example.com/in", "https://wfm.example.com/in"),
            ("https://user:pass@wfm.example.com:8443/in", "https://wfm.example.com:8443/in"),
            ("https://user:pass@wfm.example.com:8443/in", "https://wfm.example.com/in"),
            ("https://wfm.example.com/in#rc=3&rp=5xx", "https://wfm.example.com/in"),
            ("https://wfm.example.com/in/", "https://wfm.example.com/in/"),
            ("https://wfm.example.com", "https://wfm.example.com/"),
            ("https://[2001:db8::1]/in", "https://[2001:db8::1]:443/in"),
            ("https://[2001:db8::1]:8443/in", "https://[2001:db8::1]/in"),
            ("http://wfm.example.com:80/in", "http://wfm.example.com/in"),
            ("HTTPS://wfm.example.com/in", "https://wfm.example.com:443/in"),
        ],
    )
    def test_forms_in_which_it_is_signed(self, public_url, signed):
        query = "?" + hash_of(D1)
        assert status(checker(public_url), D1, query, sign(signed + query)) is None

    @pytest.mark.parametrize(
        ("public_url", "signed"),
        [
            ("https://wfm.example.com/in", "http://wfm.example.com/in"),
            ("https://wfm.example.com/in", "https://wfm.example.com/in/"),
            ("https://wfm.example.com/in", "https://wfm.example.com:8443/in"),
            ("https://wfm.example.com/in", "https://internal/v1/ingest/flex"),
            ("https://wfm.example.com:8443/in", "https://wfm.example.com:443/in"),
        ],
    )
    def test_forms_in_which_it_is_not(self, public_url, signed):
        query = "?" + hash_of(D1)
        assert status(checker(public_url), D1, query, sign(signed + query)) == 403

    def test_the_request_does_not_say_what_the_address_is(self):
        query = "?" + hash_of(D1)
        more = [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example")]
        signed = sign("https://evil.example/v1/ingest/flex" + query)
        assert status(checker(), D1, query, signed, more=more) == 403

    def test_the_query_is_the_one_that_was_sent(self):
        door = checker(URL + "?foo=1")
        sent = "?b=%20+%2b&a&&a=%C3%A9&" + hash_of(D1)
        assert status(door, D1, sent, sign(URL + sent)) is None
        assert status(door, D1, "?foo=1&" + hash_of(D1), sign(URL + sent)) == 403

    def test_an_apostrophe_may_be_signed_encoded(self):
        sent = "?name=O'Neill&" + hash_of(D1)
        assert status(checker(), D1, sent, sign(URL + sent)) is None
        assert status(checker(), D1, sent, sign(URL + sent.replace("'", "%27"))) is None

    def test_a_lone_question_mark_is_kept(self):
        assert status(checker(), b"a=1", "?", sign(URL + "?a1"), content_type=FORM) is None
        assert status(checker(), b"a=1", "?", sign(URL + "a1"), content_type=FORM) == 403
        assert status(checker(), b"a=1", "", sign(URL + "?a1"), content_type=FORM) == 403

    @pytest.mark.parametrize(
        "public_url",
        [
            "",
            "wfm.example.com/in",
            "ftp://a/b",
            "https://",
            "https://a:0/",
            "https://a:x/",
            " https://a/",
        ],
    )
    def test_what_is_no_address(self, public_url):
        with pytest.raises(ValidationError, match="public_url"):
            checker(public_url)


class TestForms:
    @pytest.mark.parametrize(
        ("body", "signed"),
        [
            (b"b=2&a=1", "a1b2"),
            (b"a=2&a=1&a=2", "a1a2"),
            (b"B=1&a=1&A=1", "A1B1a1"),
            (b"a=&b", "ab"),
            (b"a=+x+%2B&b=%26", "a x +b&"),
            (b"n%C3%A9=%E2%98%95", "né☕"),
            (b"&a=1&&", "a1"),
            (b"a=1=2", "a1=2"),
            (b"", ""),
        ],
    )
    def test_how_the_fields_are_signed(self, body, signed):
        for content_type in (FORM, "Application/X-WWW-Form-URLencoded ; charset=UTF-8"):
            answer = status(checker(), body, "", sign(URL + signed), content_type=content_type)
            assert answer is None

    def test_bytes_that_are_not_utf8_can_be_authentic(self):
        assert (
            status(checker(), b"a=%FF", "", sign(URL.encode() + b"a\xff"), content_type=FORM)
            is None
        )

    def test_what_nobody_would_send_is_not_worked_on(self):
        body = b"&".join(b"%d=" % number for number in range(1001))
        assert status(checker(), body, "", sign(URL), content_type=FORM) == 403

    def test_two_content_types_are_refused_before_the_body(self):
        more = [("Content-Type", FORM)]
        query = "?" + hash_of(D1)
        assert status(checker(), D1, query, sign(URL + query), more=more) == 403


class TestTokens:
    def test_either_of_two(self):
        door = checker(auth_token=["12345", "54321"])
        query = "?" + hash_of(D1)
        assert status(door, D1, query, sign(URL + query, "12345")) is None
        assert status(door, D1, query, sign(URL + query, "54321")) is None
        assert status(door, D1, query, sign(URL + query, "")) == 403

    def test_signatures_missing_and_repeated(self):
        query = "?" + hash_of(D1)
        good = sign(URL + query)
        assert status(checker(), D1, query) == 401
        assert status(checker(), D1, query, good, good) == 403
        assert status(checker(), D1, query, "") == 403
        assert status(checker(), D1, query, "é\udcff") == 403

    def test_none_left(self):
        options = CHECK.options().load({"auth_token": ["", ""], "public_url": URL})
        assert not options.usable
        query = "?" + hash_of(D1)
        assert status(CHECK.build(options), D1, query, sign(URL + query, "")) == 403

    def test_are_not_shown(self):
        assert "12345" not in repr(checker())

    def test_covers_body_and_query(self):
        assert CHECK.signs_body
        assert CHECK.signs_query


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
ORACLE = RequestValidator("12345")


@given(st.lists(st.tuples(NAMES, TEXT), max_size=8), st.booleans())
def test_agrees_with_the_platforms_own_validator_on_forms(fields, with_port):
    url = URL.replace(".com/", ".com:443/") if with_port else URL
    params = MultiDict(fields)
    signature = ORACLE.compute_signature(url + "?foo=1", params)
    assert ORACLE.validate(URL + "?foo=1", params, signature)
    body = urlencode(fields).encode()
    assert status(checker(), body, "?foo=1", signature, content_type=FORM) is None


@given(st.text(st.characters(codec="utf-8")), TEXT)
def test_agrees_with_the_platforms_own_validator_on_other_bodies(text, word):
    query = f"?word={quote(word, safe='')}&{hash_of(text.encode())}"
    signature = ORACLE.compute_signature(URL + query, {})
    assert ORACLE.validate(URL + query, text, signature)
    assert status(checker(), text.encode(), query, signature) is None
    assert status(checker(), text.encode() + b" ", query, signature) == 403
    assert status(checker(auth_token="54321"), text.encode(), query, signature) == 403


@given(st.binary(max_size=60), st.binary(max_size=30), st.sampled_from([JSON, FORM, "", None]))
def test_nothing_unsigned_does_more_than_be_refused(body, query, content_type):
    sent = "?" + query.decode("utf-8", "surrogateescape")
    assert status(checker(), body, sent, SIGNED_N1, content_type=content_type) == 403

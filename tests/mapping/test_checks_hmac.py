"""`hmac`: the body, or the time and the body, signed with a shared secret."""

import hmac as stdlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from marshmallow import ValidationError

from gateway.mapping import CredentialsError
from gateway.mapping.checks import hmac
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODY = b'{"a": 1}'


def checker(**options):
    schema = hmac.CHECK.options()
    return hmac.CHECK.build(schema.load({"header": "X-Signature", "secret": "12345", **options}))


def signature(message=BODY, *, secret=b"12345", algorithm="sha256"):
    return stdlib.new(secret, message, algorithm).digest()


def refusal(door, *headers, body=BODY, now=NOW):
    sent = presented("/v1/ingest/s", *headers)
    try:
        door.check_headers(sent, now)
    except CredentialsError as error:
        return "headers", error.status
    try:
        door.check_body(sent, body, now)
    except CredentialsError as error:
        return "body", error.status
    return None


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_every_algorithm_in_every_encoding(algorithm, encoding):
    door = checker(algorithm=algorithm, encoding=encoding, prefix="v=")
    digest = signature(algorithm=algorithm)
    shown = digest.hex() if encoding == "hex" else b64encode(digest).decode()
    assert refusal(door, ("x-signature", "v=" + shown)) is None
    assert refusal(door, ("x-signature", "v=" + shown), body=BODY + b" ") == ("body", 403)
    assert refusal(door, ("x-signature", shown)) == ("headers", 403)


def test_a_known_answer():
    # RFC 4231, test case 2
    door = checker(secret="Jefe")
    shown = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = b"what do ya want for nothing?"
    assert refusal(door, ("X-Signature", shown), body=body) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ("headers", 401)),
        ([("X-Signature", "")], ("body", 403)),
        ([("X-Signature", "zz")], ("body", 403)),
        ([("X-Signature", "\udcff")], ("body", 403)),
        ([("X-Signature", signature().hex())] * 2, ("headers", 403)),
        ([("X-Signature", signature().hex().upper())], None),
        ([("X-Signature", b64encode(signature()).decode())], ("body", 403)),
        ([("X-Signature", signature(secret=b"54321").hex())], ("body", 403)),
    ],
)
def test_what_is_shown(headers, expected):
    assert refusal(checker(), *headers) == expected


def test_base64_is_taken_as_it_is_written():
    door = checker(encoding="base64")
    shown = b64encode(signature()).decode()
    assert refusal(door, ("X-Signature", shown)) is None
    assert refusal(door, ("X-Signature", shown.rstrip("="))) == ("body", 403)
    assert refusal(door, ("X-Signature", shown.lower())) == ("body", 403)


def test_either_of_two_secrets():
    door = checker(secret=["54321", "12345"])
    assert refusal(door, ("X-Signature", signature().hex())) is None
    assert refusal(door, ("X-Signature", signature(secret=b"54321").hex())) is None


def stamped(stamp, body=BODY):
    signed = signature(stamp.encode("utf-8", "replace") + b"." + body).hex()
    return [("X-Signature", signed), ("X-Time", stamp)]


@pytest.mark.parametrize(
    ("away", "tolerance", "expected"),
    [
        (timedelta(0), {}, None),
        (timedelta(minutes=5), {}, None),
        (timedelta(minutes=-5), {}, None),
        (timedelta(minutes=5, seconds=1), {}, ("headers", 403)),
        (timedelta(minutes=-5, seconds=-1), {}, ("headers", 403)),
        (timedelta(seconds=11), {"tolerance": "10s"}, ("headers", 403)),
    ],
)
def test_the_time_that_is_signed_is_near_ours(away, tolerance, expected):
    door = checker(timestamp_header="X-Time", **tolerance)
    stamp = int((NOW + away).timestamp())
    assert refusal(door, *stamped(str(stamp))) == expected
    assert refusal(door, *stamped(str(stamp * 1000))) == expected


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1.5", "1e9", "\u0660", "9" * 14, "9" * 5000])
def test_a_time_that_is_none(stamp):
    door = checker(timestamp_header="X-Time")
    assert refusal(door, *stamped(stamp)) == ("headers", 403)


def test_the_time_is_part_of_what_is_signed():
    door = checker(timestamp_header="X-Time")
    signed, stamp = stamped(str(int(NOW.timestamp())))
    later = ("X-Time", str(int(NOW.timestamp()) + 1))
    assert refusal(door, signed, stamp) is None
    assert refusal(door, signed, later) == ("body", 403)
    assert refusal(door, ("X-Signature", signature().hex()), stamp) == ("body", 403)
    assert refusal(door, signed) == ("headers", 401)
    assert refusal(door, signed, stamp, stamp) == ("headers", 403)


def test_covers_the_body_and_not_the_query():
    assert hmac.CHECK.signs_body
    assert not hmac.CHECK.signs_query


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "md5"},
        {"encoding": "base32"},
        {"tolerance": "5m"},
        {"timestamp_header": "X-Time", "tolerance": "5"},
        {"header": ""},
        {"secret": 5},
    ],
)
def test_options_that_are_refused(wrong):
    with pytest.raises(ValidationError):
        checker(**wrong)

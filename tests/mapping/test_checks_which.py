"""While a credential is changed, a check says which of the two it was that matched."""

import hmac as stdlib
from base64 import b64encode
from datetime import UTC, datetime

import jwt as pyjwt
import pytest

from gateway.mapping.checks import basic, hmac, jwt, token
from mappings.authenticity import twilio_signature
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXPIRES = int(NOW.timestamp()) + 60
SECRETS = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")
URL = "https://wfm.example.com/v1/ingest/flex?a='b'"


def by_token(secret):
    return "X-Key", secret


def by_basic(secret):
    return "Authorization", "Basic " + b64encode(f"rc:{secret}".encode()).decode()


def by_hmac(secret):
    return "X-Signature", stdlib.digest(secret.encode(), b"a=1", "sha256").hex()


def by_jwt(secret):
    return "Authorization", "Bearer " + pyjwt.encode({"exp": EXPIRES}, secret)


def by_platform(secret):
    signed = stdlib.digest(secret.encode(), f"{URL}a1".encode(), "sha1")
    return "X-Twilio-Signature", b64encode(signed).decode()


@pytest.mark.parametrize(
    ("check", "options", "shown_by"),
    [
        (token.CHECK, {"header": "X-Key", "token": SECRETS}, by_token),
        (basic.CHECK, {"username": "rc", "password": SECRETS}, by_basic),
        (hmac.CHECK, {"header": "X-Signature", "secret": SECRETS}, by_hmac),
        (jwt.CHECK, {"algorithms": ["HS512", "HS256"], "key": SECRETS}, by_jwt),
        (twilio_signature.CHECK, {"auth_token": SECRETS, "public_url": URL}, by_platform),
    ],
)
@pytest.mark.parametrize("number", [0, 1])
def test_which_of_two_has_matched(check, options, shown_by, number):
    given = {name: list(each) if each is SECRETS else each for name, each in options.items()}
    door = check.build(check.options().load(given))
    form = ("Content-Type", "application/x-www-form-urlencoded")
    sent = presented("/in?a='b'", shown_by(SECRETS[number]), form)
    told = door.check_headers(sent, NOW), door.check_body(sent, b"a=1", NOW)
    assert number in told
    assert set(told) <= {number, None}

"""`jwt`: which tokens are good, and by whose keys."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from marshmallow import ValidationError

from gateway.mapping import CredentialsError
from gateway.mapping.checks import jwt
from gateway.mapping.checks.jwt_keys import key_set
from tests.standins.sender import presented

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
T = int(NOW.timestamp())
SECRET = "0123456789abcdef0123456789abcdef"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()


def pem(private):
    form, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(form, kind).decode()


def jwk(private, **members):
    kind = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    algorithm = next((kind[each] for each in kind if isinstance(private, each)), OKPAlgorithm)
    return json.loads(algorithm.to_jwk(private.public_key())) | members


def token(key=SECRET, algorithm="HS256", headers=None, **claims):
    return pyjwt.encode({"exp": T + 60} | claims, key, algorithm, headers=headers)


def by_hand(header, claims, signature=b""):
    """A token that the library would not make."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def load(**options):
    return jwt.CHECK.options().load(options)


def checker(algorithms=("HS256",), key=SECRET, **options):
    return jwt.CHECK.build(load(algorithms=list(algorithms), key=key, **options))


class Published:
    """Keys as some source has them; remembers what was asked of it."""

    def __init__(self, *members, algorithms=("RS256", "ES256")):
        data = json.dumps({"keys": members}).encode()
        self.known = key_set(data, algorithms) if members else ()
        self.asked = []

    def keys(self):
        return self.known

    async def refresh(self, *, is_known, now):
        del now
        self.asked.append(is_known)


def with_published(source, algorithms=("RS256", "ES256")):
    options = load(algorithms=list(algorithms), jwks_url="https://id.example/keys")
    return jwt.CHECK.build_with_keys(options, source)


def status(door, *tokens, scheme="Bearer ", now=NOW):
    sent = presented("/", *[("Authorization", scheme + each) for each in tokens])
    try:
        door.check_headers(sent, now)
        door.check_body(sent, b"", now)
    except CredentialsError as error:
        return error.status
    return None


class TestHowItComes:
    def test_as_a_bearer_token(self):
        assert status(checker(), token()) is None
        assert status(checker(), token(), scheme="bearer  ") is None

    def test_missing_is_401_and_wrong_403(self):
        assert status(checker()) == 401
        assert status(checker(), token(), scheme="Basic ") == 401
        assert status(checker(), token(), scheme="") == 401
        assert status(checker(), "") == 403
        assert status(checker(), "a.b.c") == 403
        assert status(checker(), "\udcff") == 403
        assert status(checker(), token(), token()) == 403

    @given(st.text(st.characters(max_codepoint=0x7F), max_size=60))
    def test_nothing_else_does_more_than_be_refused(self, text):
        assert status(checker(), text) == 403

    @given(
        st.dictionaries(
            st.sampled_from(["alg", "kid", "crit", "b64", "typ"]),
            st.integers() | st.none() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
        )
    )
    def test_no_header_of_a_token_does_more_than_be_refused(self, header):
        assert status(checker(), by_hand(header, {"exp": T + 60})) == 403
        assert status(checker(), by_hand({"alg": "HS256"} | header, {"exp": T + 60})) == 403


class TestTimes:
    @pytest.mark.parametrize(
        ("claims", "expected"),
        [
            ({"exp": T + 1}, None),
            ({"exp": T}, 403),
            ({"exp": T - 3600}, 403),
            ({"exp": None}, 403),
            ({"exp": "soon"}, 403),
            ({"exp": str(T + 60)}, 403),
            ({"exp": True}, 403),
            ({"exp": float("inf")}, 403),
            ({"exp": float("nan")}, 403),
            ({"exp": T + 0.5}, None),
            ({"exp": 10**400}, None),
            ({"exp": -(10**400)}, 403),
            ({"nbf": T}, None),
            ({"nbf": T + 1}, 403),
            ({"nbf": []}, 403),
            ({"iat": T + 1}, 403),
            ({"iat": T - 10}, None),
            ({"iat": {}}, 403),
        ],
    )
    def test_are_compared_with_the_time_that_is_given(self, claims, expected):
        claims = {"exp": T + 60} | claims
        signed = pyjwt.api_jws.PyJWS().encode(json.dumps(claims).encode(), SECRET, "HS256")
        assert status(checker(), signed) == expected

    def test_exp_is_needed(self):
        assert status(checker(), pyjwt.encode({"sub": "x"}, SECRET, "HS256")) == 403

    def test_leeway_is_for_clocks_that_differ(self):
        door = checker(leeway="30s")
        assert status(door, token(exp=T - 29)) is None
        assert status(door, token(exp=T - 30)) == 403
        assert status(door, token(nbf=T + 30, iat=T + 30)) is None
        assert status(door, token(nbf=T + 31)) == 403

    def test_the_clock_of_this_machine_does_not_matter(self):
        long_ago = NOW - timedelta(days=9000)
        assert status(checker(), token(exp=T - 9000 * 86400 + 1), now=long_ago) is None


class TestClaims:
    @pytest.mark.parametrize(
        ("options", "claims", "expected"),
        [
            ({}, {"iss": "anybody"}, None),
            ({"issuer": "https://id.example"}, {"iss": "https://id.example"}, None),
            ({"issuer": ["a", "b"]}, {"iss": "b"}, None),
            ({"issuer": "https://id.example"}, {"iss": "https://id.example/"}, 403),
            ({"issuer": "abc"}, {"iss": "b"}, 403),
            ({"issuer": "abc"}, {}, 403),
            ({"audience": "wfm"}, {"aud": "wfm"}, None),
            ({"audience": "wfm"}, {"aud": ["other", "wfm"]}, None),
            ({"audience": ["a", "wfm"]}, {"aud": "wfm"}, None),
            ({"audience": "wfm"}, {"aud": "other"}, 403),
            ({"audience": "wfm"}, {"aud": {"wfm": 1}}, 403),
            ({"audience": "wfm"}, {}, 403),
            ({}, {"aud": "somebody else"}, 403),
        ],
    )
    def test_issuer_and_audience(self, options, claims, expected):
        assert status(checker(**options), token(**claims)) == expected

    def test_are_told_to_whoever_asks(self):
        sent = presented("/", ("Authorization", "Bearer " + token(role="viewer", sub=7)))
        claims = checker().claims(sent, NOW)
        assert (claims["role"], claims["sub"]) == ("viewer", 7)

    def test_what_is_no_object_is_no_token(self):
        signed = pyjwt.api_jws.PyJWS().encode(b"[]", SECRET, "HS256")
        assert status(checker(), signed) == 403


class TestAlgorithms:
    def test_none_is_never_one(self):
        assert status(checker(), by_hand({"alg": "none"}, {"exp": T + 60})) == 403
        assert status(checker(), by_hand({"alg": "None"}, {"exp": T + 60})) == 403
        with pytest.raises(ValidationError):
            checker(algorithms=["none"])

    def test_only_those_pinned(self):
        long = SECRET * 2
        assert status(checker(["HS512"], key=long), token(long, "HS512")) is None
        assert status(checker(["HS512"], key=long), token(long, "HS256")) == 403

    def test_a_public_key_never_becomes_a_shared_secret(self):
        key = pem(RSA)
        forged_signature = pyjwt.algorithms.HMACAlgorithm(
            pyjwt.algorithms.HMACAlgorithm.SHA256
        ).sign(b"", key.encode())
        forged = by_hand({"alg": "HS256"}, {"exp": T + 60}, forged_signature)
        assert status(checker(["RS256"], key=key), forged) == 403
        with pytest.raises(ValidationError, match="algorithms"):
            checker(["RS256", "HS256"], key=key)
        with pytest.raises(ValidationError, match="key"):
            checker(["HS256"], key=key)

    @pytest.mark.parametrize(
        ("private", "algorithm"),
        [(RSA, "RS256"), (RSA, "PS512"), (P256, "ES256"), (P384, "ES384"), (ED, "EdDSA")],
    )
    def test_public_keys_in_pem(self, private, algorithm):
        door = checker([algorithm], key=pem(private))
        assert status(door, token(private, algorithm)) is None
        assert status(checker([algorithm], key=pem(private)), token(SECRET)) == 403

    def test_one_of_two_keys_and_one_of_two_algorithms(self):
        door = checker(["RS256", "ES256"], key=[pem(RSA), pem(P256)])
        assert status(door, token(RSA, "RS256")) is None
        assert status(door, token(P256, "ES256")) is None
        assert status(door, token(OTHER_RSA, "RS256")) == 403
        assert status(door, token(RSA, "RS512")) == 403

    def test_a_shared_secret_may_be_short_and_may_be_changed(self):
        door = checker(key=["12345", SECRET])
        signed = by_hand({"alg": "HS256"}, {"exp": T + 60}).rstrip(".")
        algorithm = pyjwt.algorithms.HMACAlgorithm(pyjwt.algorithms.HMACAlgorithm.SHA256)
        signature = base64.urlsafe_b64encode(algorithm.sign(signed.encode(), b"12345")).decode()
        assert status(door, f"{signed}.{signature.rstrip('=')}") is None
        assert status(door, token()) is None
        assert status(door, token(SECRET[::-1])) == 403


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            {"key": SECRET},
            {"algorithms": [], "key": SECRET},
            {"algorithms": "HS256", "key": SECRET},
            {"algorithms": ["HS256"]},
            {"algorithms": ["RS256"], "key": pem(RSA), "jwks_file": "keys.json"},
            {"algorithms": ["RS256"], "key": "not a key"},
            {"algorithms": ["RS256"], "key": pem(P256)},
            {"algorithms": ["ES256"], "key": pem(P384)},
            {"algorithms": ["RS256"], "key": pem(SHORT_RSA)},
            {"algorithms": ["HS256"], "jwks_url": "https://id.example/keys"},
            {"algorithms": ["HS256"], "jwks_file": "keys.json"},
            {"algorithms": ["RS256"], "jwks_url": "http://id.example/keys"},
            {"algorithms": ["RS256"], "jwks_url": "file:///etc/passwd"},
            {"algorithms": ["RS256"], "jwks_url": "https://"},
            {"algorithms": ["RS256"], "jwks_url": "https://a:b/"},
            {"algorithms": ["HS256"], "key": SECRET, "leeway": "soon"},
            {"algorithms": ["HS256"], "key": SECRET, "issuer": ""},
            {"algorithms": ["HS256"], "key": SECRET, "audience": []},
            {"algorithms": ["HS256"], "key": SECRET, "audience": [7]},
        ],
    )
    def test_that_are_refused(self, options):
        with pytest.raises(ValidationError) as refused:
            load(**options)
        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
    def test_plain_http_is_for_loopback(self, host):
        assert load(algorithms=["RS256"], jwks_url=f"http://{host}/keys").usable

    def test_say_where_keys_are_published(self):
        keys_at = jwt.CHECK.keys_at
        assert keys_at(load(algorithms=["HS256"], key=SECRET)) is None
        at = keys_at(load(algorithms=["RS256"], jwks_file="keys.json"))
        assert str(at.file) == "keys.json"
        assert len(at.read(json.dumps({"keys": [jwk(RSA)]}).encode())) == 1


class TestPublishedKeys:
    def test_the_one_that_the_token_names(self):
        door = with_published(Published(jwk(RSA, kid="a"), jwk(OTHER_RSA, kid="b")))
        assert status(door, token(RSA, "RS256", {"kid": "a"})) is None
        assert status(door, token(OTHER_RSA, "RS256", {"kid": "b"})) is None
        assert status(door, token(RSA, "RS256", {"kid": "b"})) == 403
        assert status(door, token(RSA, "RS256", {"kid": "c"})) == 403

    def test_any_where_no_name_is_told(self):
        door = with_published(Published(jwk(RSA, kid="a"), jwk(OTHER_RSA)))
        assert status(door, token(RSA, "RS256")) is None
        assert status(door, token(OTHER_RSA, "RS256")) is None
        assert status(door, token(OTHER_RSA, "RS256", {"kid": "z"})) is None
        assert status(door, token(P256, "ES256")) == 403

    def test_none_yet_is_503(self):
        door = with_published(Published())
        assert status(door, token(RSA, "RS256")) == 503
        assert status(door) == 401

    @pytest.mark.parametrize(
        ("headers", "is_known"),
        [({"kid": "a"}, [True]), ({}, [True]), ({"kid": "b"}, [False])],
    )
    async def test_asks_for_a_key_that_it_does_not_have(self, headers, is_known):
        source = Published(jwk(RSA, kid="a"))
        sent = presented("/", ("Authorization", "Bearer " + token(RSA, "RS256", headers)))
        await with_published(source).prepare(sent, NOW)
        assert source.asked == is_known

    @pytest.mark.parametrize(
        "headers",
        [
            [],
            [("Authorization", "Bearer a.b.c")],
            [("Authorization", "Bearer " + token())],
            [("Authorization", "Basic x")],
        ],
    )
    async def test_asks_nobody_for_what_is_refused_anyway(self, headers):
        source = Published(jwk(RSA, kid="a"))
        await with_published(source).prepare(presented("/", *headers), NOW)
        assert source.asked == []

    async def test_those_of_the_configuration_are_all_there_is(self):
        sent = presented("/", ("Authorization", "Bearer " + token(headers={"kid": "new"})))
        door = checker()
        await door.prepare(sent, NOW)
        door.check_headers(sent, NOW)


class TestKeySet:
    @pytest.mark.parametrize(
        "members",
        [
            jwk(RSA, use="enc"),
            jwk(RSA, use=["sig"]),
            jwk(RSA, key_ops=["encrypt"]),
            jwk(RSA, key_ops="verify"),
            jwk(RSA, alg="RS512"),
            jwk(RSA, alg=["RS256"]),
            jwk(SHORT_RSA),
            jwk(P384),
            jwk(RSA, n="!"),
            {"kty": "oct", "k": "c2VjcmV0"},
            {"kty": "RSA"},
            {"kid": "a"},
            "key",
        ],
    )
    def test_leaves_out_what_is_not_for_these_signatures(self, members):
        data = json.dumps({"keys": [members, jwk(P256, kid=7, key_ops=["verify"])]}).encode()
        keys = key_set(data, ["RS256", "ES256"])
        assert [(each.id, each.algorithm) for each in keys] == [(None, "ES256")]
        with pytest.raises(ValueError, match="no key in it fits"):
            key_set(json.dumps({"keys": [members]}).encode(), ["RS256", "ES256"])

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b"{}", b'{"keys": 7}', b'{"keys": null}', b"\xff", b"[" * 99999]
    )
    def test_what_is_none(self, data):
        with pytest.raises(ValueError, match="not a JSON Web Key Set"):
            key_set(data, ["RS256"])

    def test_an_algorithm_is_taken_from_the_configuration_where_the_key_has_none(self):
        keys = key_set(json.dumps({"keys": [jwk(RSA)]}).encode(), ["RS256", "PS384"])
        assert [each.algorithm for each in keys] == ["RS256", "PS384"]

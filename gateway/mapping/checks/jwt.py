"""`jwt`: the sender shows a JSON Web Token in `Authorization: Bearer` (RFC 7519, RFC 8725).

Algorithms are pinned by the configuration and bound to keys when these are read. A token must
have `exp`; `nbf` and `iat`, where there, must not be ahead; `leeway` (none unless given) is for
clocks that differ. A token with an `aud` is refused where no `audience` is configured: it was
made for somebody else.

Keys in the configuration are all there is. Published ones come from a `KeySource` that
`gateway.http.jwks` opens: `prepare` lets it read them again before they are needed, and the
checks themselves, which do no I/O, use what it has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import jwt

from gateway.mapping.authenticity import AuthenticityCheck, KeysAt
from gateway.mapping.checks.jwt_keys import configured_keys, key_set
from gateway.mapping.checks.jwt_options import JwtSchema
from gateway.mapping.checks.options import credentials_of
from gateway.model.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from jwt.types import Options

    from gateway.mapping.authenticity import KeySource, Presented
    from gateway.mapping.checks.jwt_keys import VerificationKey
    from gateway.mapping.checks.jwt_options import JwtOptions

NAME = "jwt"
UNAVAILABLE = 503

# The library's clock is not ours: times are checked afterwards. `sub` and `jti` are not used.
_LEFT_OUT: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class ConfiguredKeys:
    """The keys of the configuration, as a source that never changes."""

    known: tuple[VerificationKey, ...]

    def keys(self) -> Sequence[VerificationKey]:
        """Return them."""
        return self.known

    async def refresh(self, *, is_known: bool, now: datetime) -> None:
        """Nothing: a change of the configuration is a start."""


@dataclass(frozen=True, slots=True)
class JwtChecker:
    """Checks tokens with the keys that *source* has."""

    options: JwtOptions
    source: KeySource

    async def prepare(self, presented: Presented, now: datetime) -> None:
        """Have the keys read again where it is time to, or the token names an unknown one."""
        try:
            header = _header(_token(presented), self.options)
        except CredentialsError:
            return
        is_known = bool(_candidates(header, self.source.keys()))
        await self.source.refresh(is_known=is_known, now=now)

    def check_headers(self, presented: Presented, now: datetime) -> int | None:
        """Check the token."""
        _, key = _believed(_token(presented), self.options, self.source.keys(), now)
        return key.number

    def check_body(self, presented: Presented, body: bytes, now: datetime) -> None:
        """Nothing: a token does not cover the body."""

    def claims(self, presented: Presented, now: datetime) -> Mapping[str, Any]:
        """Return the claims of the token.

        Raises:
            CredentialsError: 401 no token, 403 not a good one, 503 no keys have been got yet.
        """
        return claims_of(_token(presented), self.options, self.source.keys(), now)


def claims_of(
    token: str, options: JwtOptions, keys: Sequence[VerificationKey], now: datetime
) -> Mapping[str, Any]:
    """Return the claims of a good token.

    Raises:
        CredentialsError: 403 it is not good, 503 there are no keys.
    """
    return _believed(token, options, keys, now)[0]


def _believed(
    token: str, options: JwtOptions, keys: Sequence[VerificationKey], now: datetime
) -> tuple[Mapping[str, Any], VerificationKey]:
    if not keys:
        raise CredentialsError(NAME, status=UNAVAILABLE)
    for candidate in _candidates(_header(token, options), keys):
        claims = _verified(token, options, candidate)
        if claims is not None:
            _check_times(claims, options.leeway.total_seconds(), now.timestamp())
            return claims, candidate
    raise CredentialsError(NAME)


def _token(presented: Presented) -> str:
    return credentials_of(presented, "bearer", NAME)


def _header(token: str, options: JwtOptions) -> Mapping[str, Any]:
    """Return the token's header, not yet believed, if its algorithm is among those pinned."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise CredentialsError(NAME) from None
    if header.get("alg") not in options.algorithms:
        raise CredentialsError(NAME)
    return header


def _candidates(
    header: Mapping[str, Any], keys: Sequence[VerificationKey]
) -> list[VerificationKey]:
    """Return the keys of the algorithm, those of the id that the token names, if it names one."""
    named = header.get("kid")
    return [
        each
        for each in keys
        if each.algorithm == header["alg"] and (named is None or each.id in {None, named})
    ]


def _verified(token: str, options: JwtOptions, key: VerificationKey) -> Mapping[str, Any] | None:
    """Return the claims, `None` where another key signed it."""
    try:
        return jwt.decode(
            token,
            key=key.key,
            algorithms=[key.algorithm],
            issuer=options.issuer or None,
            audience=options.audience or None,
            options=_LEFT_OUT,
        )
    except jwt.InvalidSignatureError:
        return None
    except (jwt.PyJWTError, ValueError):
        raise CredentialsError(NAME) from None


def _check_times(claims: Mapping[str, Any], leeway: float, now: float) -> None:
    expires = _seconds(claims, "exp")
    if expires is None or expires <= now - leeway:
        raise CredentialsError(NAME)
    for name in ("nbf", "iat"):
        begins = _seconds(claims, name)
        if begins is not None and begins > now + leeway:
            raise CredentialsError(NAME)


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a NumericDate, `None` where the token has none."""
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise CredentialsError(NAME)
    if isinstance(found, float) and not math.isfinite(found):
        raise CredentialsError(NAME)
    return found


def _keys_at(options: JwtOptions) -> KeysAt | None:
    if options.jwks_file is None and options.jwks_url is None:
        return None
    read = partial(key_set, algorithms=options.algorithms)
    return KeysAt(read=read, file=options.jwks_file, url=options.jwks_url)


def _with_configured_keys(options: JwtOptions) -> JwtChecker:
    return JwtChecker(options, ConfiguredKeys(configured_keys(options.key, options.algorithms)))


CHECK = AuthenticityCheck(
    name=NAME,
    options=JwtSchema,
    build=_with_configured_keys,
    keys_at=_keys_at,
    build_with_keys=JwtChecker,
    challenge="Bearer",
)

"""Keys that verify tokens: those written in the configuration, and JSON Web Key Sets.

A key is bound to its algorithms when it is read, never by what a token says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from jwt.algorithms import get_default_algorithms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gateway.model.secret import Secret

ALGORITHMS = {name: each for name, each in get_default_algorithms().items() if name != "none"}
LONGEST_HMAC_DIGEST = 64


def is_symmetric(algorithm: str) -> bool:
    """Whether who can verify with this algorithm's key can sign with it as well."""
    return algorithm.startswith("HS")


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key with the one algorithm that it may be used with. *id* is its `kid`, if it has one,
    *number* its place among those of the configuration (0: the first).
    """

    id: str | None
    algorithm: str
    key: Any = field(repr=False)
    number: int | None = None


def configured_keys(
    secrets: Iterable[Secret], algorithms: Sequence[str]
) -> tuple[VerificationKey, ...]:
    """Return shared secrets or PEM public keys, each with the algorithms that it fits.

    Raises:
        ValueError: one of them fits none.
    """
    keys: list[VerificationKey] = []
    for number, secret in enumerate(secrets):
        fitting = [
            VerificationKey(None, name, key, number)
            for name in algorithms
            if (key := _prepared(name, secret.reveal())) is not None
        ]
        if not fitting:
            raise ValueError("Is not a key for any of the algorithms.")
        keys.extend(fitting)
    return tuple(keys)


def key_set(data: bytes, algorithms: Sequence[str]) -> tuple[VerificationKey, ...]:
    """Return the keys of a JSON Web Key Set (RFC 7517) that are there to verify signatures.

    Raises:
        ValueError: it is not one, or none of its keys fits any of the algorithms.
    """
    keys = tuple(
        VerificationKey(_key_id(each), name, key)
        for each in _members(data)
        if _is_for_signatures(each)
        for name in algorithms
        if (key := _read(each, name)) is not None
    )
    if not keys:
        raise ValueError("no key in it fits the algorithms")
    return keys


def _members(data: bytes) -> list[dict[str, Any]]:
    try:
        listed = json.loads(data)["keys"]
        return [each for each in listed if isinstance(each, dict)]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise ValueError("not a JSON Web Key Set") from None


def _is_for_signatures(member: Mapping[str, Any]) -> bool:
    operations = member.get("key_ops")
    return member.get("use") in (None, "sig") and (
        operations is None or (isinstance(operations, list) and "verify" in operations)
    )


def _key_id(member: Mapping[str, Any]) -> str | None:
    found = member.get("kid")
    return found if isinstance(found, str) else None


def _read(member: dict[str, Any], algorithm: str) -> Any:
    if member.get("alg") not in (None, algorithm):
        return None
    try:
        return _prepared(algorithm, jwt.PyJWK(member, algorithm).key)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None


def _prepared(algorithm: str, material: Any) -> Any:
    """Return the key as the algorithm wants it, `None` where it is not one or is too short."""
    try:
        key = ALGORITHMS[algorithm].prepare_key(material)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if is_symmetric(algorithm):
        # HMAC fills a short key up with zero bytes itself; the library warns of each use of one.
        return key.ljust(LONGEST_HMAC_DIGEST, b"\0")
    return None if ALGORITHMS[algorithm].check_key_length(key) else key

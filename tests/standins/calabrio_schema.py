"""The envelopes that Calabrio's SOAP service takes, as its WSDL and XSD say (wfm-vendors.md, 1.1).

SOAP 1.1, document/literal. Every member of an `xs:sequence` may be missing, none may be out of
order, and none may stand there twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from tests.standins.asked import Refusal

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATION = "http://tempuri.org/"
DATA = "http://schemas.datacontract.org/2004/07/Teleopti.Ccc.Rta.WebService"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
SINGLE, BATCH = "SaveExternalUserState", "SaveBatchExternalUserState"

DECLARED = re.compile(rb"""\A(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']+)""")
INT = re.compile(r"[+-]?[0-9]+")
INT_BITS = 31
DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")
"""`xs:dateTime`, in UTC as the vendor's samples are."""


def string(text: str) -> str:
    return text


def boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


def integer(text: str) -> int:
    if not INT.fullmatch(text.strip()) or abs(int(text)) >> INT_BITS:
        raise ValueError(text)
    return int(text)


def date_time(text: str) -> datetime:
    if not DATE_TIME.fullmatch(text.strip()):
        raise ValueError(text)
    return datetime.fromisoformat(text.strip())


@dataclass(frozen=True)
class Member:
    """One element of a sequence: how its text is read."""

    name: str
    read: Callable[[str], Any]
    nillable: bool = False


SINGLE_MEMBERS = (
    Member("authenticationKey", string, nillable=True),
    Member("userCode", string, nillable=True),
    Member("stateCode", string, nillable=True),
    Member("stateDescription", string, nillable=True),
    Member("isLoggedOn", boolean),
    Member("secondsInState", integer),
    Member("timestamp", date_time),
    Member("platformTypeId", string, nillable=True),
    Member("sourceId", string, nillable=True),
    Member("batchId", date_time),
    Member("isSnapshot", boolean),
)
STATE_MEMBERS = (
    Member("BatchId", date_time),
    Member("IsLoggedOn", boolean),
    Member("IsSnapshot", boolean),
    Member("SecondsInState", integer),
    Member("StateCode", string, nillable=True),
    Member("StateDescription", string, nillable=True),
    Member("Timestamp", date_time),
    Member("UserCode", string, nillable=True),
)
BATCH_MEMBERS = (
    Member("authenticationKey", string, nillable=True),
    Member("platformTypeId", string, nillable=True),
    Member("sourceId", string, nillable=True),
    Member("externalUserStateBatch", string),
)


def read_envelope(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return the operation's name and its members by name; those missing are missing.

    `externalUserStateBatch` comes as a list of such members. Raises `Refusal`, saying where.
    """
    declared = DECLARED.match(body)
    if declared and declared[1].lower() != b"utf-8":
        raise Refusal(400, f"encoding {declared[1].decode()}")
    try:
        body.decode()
        envelope = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        raise Refusal(400, f"not XML: {problem}") from None
    _expect(envelope, SOAP, "Envelope")
    (soap_body,) = _children(envelope, 1)
    _expect(soap_body, SOAP, "Body")
    (operation,) = _children(soap_body, 1)
    if operation.tag == f"{{{OPERATION}}}{SINGLE}":
        return SINGLE, {name: value for name, value, _ in _sequence(operation, SINGLE_MEMBERS)}
    _expect(operation, OPERATION, BATCH)
    return BATCH, _batch(operation)


def _batch(operation: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"externalUserStateBatch": []}
    for name, value, element in _sequence(operation, BATCH_MEMBERS):
        found[name] = value
        if name == "externalUserStateBatch":
            found[name] = [_state(each) for each in _children(element)]
    return found


def _state(element: Element) -> dict[str, Any]:
    _expect(element, DATA, "ExternalUserState")
    return {name: value for name, value, _ in _sequence(element, STATE_MEMBERS, DATA)}


def _sequence(
    parent: Element, members: tuple[Member, ...], namespace: str = OPERATION
) -> Iterator[tuple[str, Any, Element]]:
    if parent.attrib:
        raise Refusal(400, f"{parent.tag}: attributes {sorted(parent.attrib)}")
    left = list(members)
    for child in _children(parent):
        while left and child.tag != f"{{{namespace}}}{left[0].name}":
            left.pop(0)
        if not left:
            raise Refusal(400, f"{child.tag}: not expected here in {parent.tag}")
        member = left.pop(0)
        yield member.name, _value(child, member), child


def _value(element: Element, member: Member) -> Any:
    attributes = dict(element.attrib)
    nil = attributes.pop(NIL, "false") if member.nillable else "false"
    if attributes or nil not in ("true", "false", "1", "0"):
        raise Refusal(400, f"{element.tag}: attributes {sorted(element.attrib)}")
    if nil in ("true", "1"):
        return None
    if member.name == "externalUserStateBatch":
        return []
    if len(element):
        raise Refusal(400, f"{element.tag}: elements where text is expected")
    try:
        return member.read(element.text or "")
    except (KeyError, ValueError):
        raise Refusal(400, f"{element.tag}: not a {member.read.__name__}") from None


def _children(parent: Element, count: int | None = None) -> list[Element]:
    texts = [parent.text, *(child.tail for child in parent)]
    if any(text and text.strip() for text in texts):
        raise Refusal(400, f"{parent.tag}: text between elements")
    if count is not None and (len(parent) != count or parent.attrib):
        raise Refusal(400, f"{parent.tag}: {len(parent)} elements, {len(parent.attrib)} attributes")
    return list(parent)


def _expect(element: Element, namespace: str, name: str) -> None:
    if element.tag != f"{{{namespace}}}{name}":
        raise Refusal(400, f"{element.tag} where {{{namespace}}}{name} is expected")

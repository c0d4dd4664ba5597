"""Calabrio WFM (formerly Teleopti), SOAP RTA: states by agent, stamped on arrival.

Bodies from the WSDL and XSD beside the vendor's own samples, and from the published source of the
service (`TeleoptiRtaService`; read 2026-10) [verified]. The README has the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import fields, post_load, validate

from gateway.mapping import (
    Clock,
    DestinationMapping,
    EventType,
    Judgement,
    Request,
    SnapshotMapping,
    Standing,
    Verdict,
    identity_of,
    one_request,
    reason_words,
    rfc3339,
)
from mappings.calabrio.codes import (
    LOGGED_OFF,
    MAX_BATCH,
    STATES_AND_SHIFTS,
    CalabrioOptions,
    CalabrioSchema,
    is_in,
    standing,
    state_code,
    who_is_told,
    with_logout,
)
from mappings.destinations.calabrio_rta_soap.answers import told_by
from mappings.destinations.calabrio_rta_soap.envelope import BATCH, SINGLE, content, envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.mapping import Answer, Told


GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
NO_PLATFORM = "00000000-0000-0000-0000-000000000000"
"""Any other is appended to the state code, which changes the vocabulary."""

FINE = range(200, 300)
RESULTS = {
    1: Judgement(Verdict.DELIVERED),
    -100: Judgement(Verdict.HOLD, "the vendor does not know the agent (-100)"),
    -200: Judgement(Verdict.PARK, "the vendor does not know the platform (-200)"),
    -300: Judgement(Verdict.PARK, "the vendor does not know the source (-300)"),
}
"""What each result means. Any other is documented nowhere, and is not the one for accepted."""


@dataclass(frozen=True, slots=True)
class SoapOptions(CalabrioOptions):
    """*platform_type_id* is a GUID."""

    platform_type_id: str = NO_PLATFORM


class SoapSchema(CalabrioSchema):
    """The destination's `options`."""

    platform_type_id = fields.String(
        load_default=NO_PLATFORM,
        validate=validate.Regexp(rf"{GUID}\Z", error=f"Not a GUID; valid: {NO_PLATFORM}."),
    )

    @post_load
    def _options(self, data: dict[str, Any], **_: Any) -> SoapOptions:
        return SoapOptions(**with_logout(data))


@dataclass(frozen=True, slots=True)
class _State:
    """One `ExternalUserState`: *at* is ours, and the vendor makes no use of it."""

    user_code: str
    state_code: str
    description: str
    is_logged_on: bool
    at: str

    def xml(self, batch_id: str, *, is_snapshot: bool) -> str:
        """Write it, members in the order of the XSD."""
        return content(
            "d",
            ("BatchId", batch_id),
            ("IsLoggedOn", _word(is_it=self.is_logged_on)),
            ("IsSnapshot", _word(is_it=is_snapshot)),
            ("SecondsInState", "0"),
            ("StateCode", self.state_code),
            ("StateDescription", self.description),
            ("Timestamp", self.at),
            ("UserCode", self.user_code),
        )

    @property
    def part(self) -> bytes:
        """What the vendor would show."""
        return "\0".join((self.user_code, self.state_code, _word(is_it=self.is_logged_on))).encode()


def _word(*, is_it: bool) -> str:
    return "true" if is_it else "false"


def _item(told: Told, options: SoapOptions) -> _State | None:
    code = state_code(told, options)
    if code is None:
        return None
    logged_on = is_in(told)
    # The service writes this for whoever is not logged on, whatever is sent.
    code = code if logged_on else LOGGED_OFF
    at = str(told.data.get("since") or told.event["time"])
    return _State(identity_of(told), code, _description(told) or code, logged_on, at)


def _description(told: Told) -> str | None:
    """Return the reason's label, else the status, of a state."""
    if told.type != EventType.STATE:
        return None
    words = reason_words(told.data)
    return words[0] if words else str(told.data.get("status") or "unknown")


def _request(states: Sequence[_State], options: SoapOptions) -> Request:
    parts = tuple(each.part for each in states)
    if len(states) == 1:
        (state,) = states
        return _call(SINGLE, _single(state, options), parts)
    items = "".join(each.xml(each.at, is_snapshot=False) for each in states)
    return _call(BATCH, _batch(items, options), parts)


def _single(state: _State, options: SoapOptions) -> str:
    return content(
        "t",
        ("authenticationKey", options.authentication_key.reveal()),
        ("userCode", state.user_code),
        ("stateCode", state.state_code),
        ("stateDescription", state.description),
        ("isLoggedOn", _word(is_it=state.is_logged_on)),
        ("secondsInState", "0"),
        ("timestamp", state.at),
        ("platformTypeId", options.platform_type_id),
        ("sourceId", options.source_id),
        ("batchId", state.at),
        ("isSnapshot", "false"),
    )


def _batch(items: str, options: SoapOptions) -> str:
    head = content(
        "t",
        ("authenticationKey", options.authentication_key.reveal()),
        ("platformTypeId", options.platform_type_id),
        ("sourceId", options.source_id),
    )
    return f"{head}<t:externalUserStateBatch>{items}</t:externalUserStateBatch>"


def _call(operation: str, body: str, parts: tuple[bytes | None, ...]) -> Request:
    text, action = envelope(operation, body)
    headers = (("SOAPAction", action),)
    return Request(text.encode(), "text/xml; charset=utf-8", parts, headers=headers)


def _judge(answer: Answer, _count: int, _options: SoapOptions) -> Judgement | None:
    result, fault = told_by(answer)
    if fault is not None:
        return _judge_fault(answer, fault)
    if result is None:
        return None
    strange = Judgement(Verdict.PERMANENT, f"the vendor's result is {result}")
    return RESULTS.get(result, strange)


def _judge_fault(answer: Answer, fault: str) -> Judgement | None:
    if "authentication" in fault.casefold():
        return Judgement(Verdict.PARK, "the vendor refuses the authentication key")
    is_well = answer.status in FINE
    return Judgement(Verdict.RETRY, "the vendor tells of a fault") if is_well else None


def _standing(told: Told, options: SoapOptions) -> Standing:
    return standing(_item(told, options), told)


def _snapshot(standings: Sequence[Standing], at: datetime, options: SoapOptions) -> Request:
    """Tell who is logged in, under one batch id; the closing call logs out who is absent."""
    batch_id = rfc3339(at)
    told = who_is_told(standings)
    items = "".join(each.item.xml(batch_id, is_snapshot=True) for each in told)
    return _call(BATCH, _batch(items, options), ())


def _closing(at: datetime, options: SoapOptions) -> Request:
    batch_id = rfc3339(at)
    body = content(
        "t",
        ("authenticationKey", options.authentication_key.reveal()),
        ("userCode", ""),
        ("stateCode", ""),
        ("stateDescription", ""),
        ("isLoggedOn", "false"),
        ("secondsInState", "0"),
        ("timestamp", batch_id),
        ("platformTypeId", options.platform_type_id),
        ("sourceId", options.source_id),
        ("batchId", batch_id),
        ("isSnapshot", "true"),
    )
    return _call(SINGLE, body, ())


def _judge_snapshot(answer: Answer, options: SoapOptions) -> Judgement | None:
    judgement = _judge(answer, MAX_BATCH, options)
    if judgement is not None and judgement.verdict is Verdict.HOLD:
        warning = "the vendor does not know everybody (-100)"
        return Judgement(Verdict.DELIVERED, warning=warning)
    return judgement


MAPPING = DestinationMapping(
    name="calabrio_rta_soap",
    version="1",
    clock=Clock.RECEIPT,
    events=STATES_AND_SHIFTS,
    options=SoapSchema,
    step=one_request(_item, _request, _judge),
    collapsing=STATES_AND_SHIFTS,
    max_batch=MAX_BATCH,
    snapshot=SnapshotMapping(
        standing=_standing,
        request=_snapshot,
        closing=_closing,
        judge=_judge_snapshot,
        floor=lambda options: options.source_id,
    ),
    package=__name__,
)

"""What the published samples are as neutral events, written by hand from the contract."""

NOBODY = dict.fromkeys(
    [
        "external_id",
        "username",
        "name",
        "email",
        "phone",
        "role",
        "team",
        "department",
        "manager",
        "location",
        "attributes",
        "wfm_id",
    ]
)
WORKER = NOBODY | {
    "key": "flex:WK00000000000000000000000000000001",
    "id": "WK00000000000000000000000000000001",
    "platform": "flex",
    "account_id": "AC00000000000000000000000000000001",
    "workspace_id": "WS00000000000000000000000000000001",
}
AGENT = NOBODY | {
    "key": "engage:1369310",
    "id": "1369310",
    "platform": "ringcentral",
    "account_id": "15300002",
    "workspace_id": None,
    "username": "rc.guest+15300002_1791@example.com",
}
PLAIN = {
    "previous": None,
    "next": None,
    "session_id": None,
    "session_seconds": None,
    "contacts": [],
    "channels": [],
    "native_id": None,
    "inferred": False,
    "basis": None,
    "time_source": "platform",
}
VOICE = {
    "id": None,
    "channel_id": "TC00000000000000000000000000000001",
    "name": "voice",
    "available": True,
    "capacity": 1,
    "free_percent": 0,
    "capacity_since": None,
}
CHAT = VOICE | {
    "channel_id": "TC00000000000000000000000000000002",
    "name": "chat",
    "capacity": 4,
    "free_percent": 75,
}
OFFERED = {
    "id": "WT00000000000000000000000000000001",
    "reservation_id": "WR00000000000000000000000000000001",
    "channel": "voice",
    "direction": "inbound",
    "phase": "offered",
    "queue": {"id": "WQ00000000000000000000000000000001", "name": None},
    "workflow_id": "WW00000000000000000000000000000001",
    "offered_at": "2021-06-06T11:09:09.240Z",
    "since": "2021-06-06T11:09:09.240Z",
    "native_status": "created",
    "task_status": "reserved",
}
ACTIVE = OFFERED | {
    "phase": "active",
    "since": "2021-06-06T11:10:00.561Z",
    "native_status": "accepted",
    "task_status": "assigned",
}
ON_VOICE = ACTIVE | {
    "id": "WT0000000000000000000000000000001f",
    "reservation_id": "WR0000000000000000000000000000001f",
    "direction": None,
    "offered_at": "2021-06-06T12:26:09.602Z",
    "since": "2021-06-06T12:26:18.104Z",
}
IN_CHAT = ON_VOICE | {
    "id": "WT00000000000000000000000000000020",
    "reservation_id": "WR00000000000000000000000000000020",
    "channel": "chat",
    "queue": {"id": "WQ00000000000000000000000000000002", "name": None},
    "offered_at": "2021-06-06T11:44:31.924Z",
    "since": "2021-06-06T11:44:42.262Z",
}
CALL = {
    "id": "202008281319380132120000030797",
    "reservation_id": None,
    "channel": "voice",
    "direction": "inbound",
    "phase": "active",
    "queue": {"id": "72992", "name": "My Queue"},
    "workflow_id": None,
    "offered_at": None,
    "since": "2020-06-30T23:44:30.000Z",
    "native_status": None,
    "task_status": None,
}
WITHHELD = dict.fromkeys(["disposition", "customer_address", "recording_url"])
UNTOLD = dict.fromkeys(
    [
        "conversation_id",
        "workflow",
        "team",
        "answered_at",
        "ring_seconds",
        "talk_seconds",
        "hold_seconds",
        "wrap_seconds",
        "handle_seconds",
    ]
)
DEFLECTED = {
    **WITHHELD,
    **UNTOLD,
    "id": "202006302131470132090000083238",
    "revision": 1,
    "channel": "voice",
    "direction": "inbound",
    "queue": {"id": "72992", "name": "My Queue"},
    "outcome": "deflected",
    "dialed_number": "4155550110",
    "started_at": "2020-07-01T01:31:47.000Z",
    "ended_at": "2020-07-01T01:31:48.000Z",
    "duration_seconds": 1,
    "queue_seconds": 0,
}
ANSWERED = DEFLECTED | {
    "id": "202006302136360132130000036446",
    "outcome": "answered",
    "started_at": "2020-07-01T01:36:37.000Z",
    "ended_at": "2020-07-01T01:36:55.000Z",
    "duration_seconds": 18,
    "queue_seconds": 3,
}
BARE = {"customer": None, "attributes": None, "inferred": False, "basis": None}


def reason(code, label=None):
    return {"code": code, "label": label}


def state(status, why, since, **more):
    return PLAIN | {"status": status, "reason": why, "since": since} | more


def before(status, why, since):
    return {"status": status, "reason": why, "since": since}


def inferred(data, basis, **more):
    """The login or logout that was concluded from what a state tells."""
    return data | {"inferred": True, "basis": basis} | more


OFFLINE = reason("WA00000000000000000000000000000002", "Offline")
AVAILABLE = reason("WA00000000000000000000000000000001", "Available")


def engaged_states():
    """The four states of the page as they arrive, the very first AVAILABLE without a before."""
    session = {"agent": AGENT, "session_id": "612829048"}
    first = state("ready", reason("AVAILABLE"), "2020-06-30T23:44:01.000Z", **session)
    label = state(
        "ready",
        reason("AVAILABLE", "Available"),
        "2020-06-30T23:44:02.000Z",
        previous=before("ready", first["reason"], first["since"]),
        **session,
    )
    reserved = state(
        "reserved",
        reason("TRANSITION"),
        "2020-06-30T23:44:30.000Z",
        previous=before("ready", label["reason"], label["since"]),
        **session,
    )
    busy = state(
        "busy",
        reason("ENGAGED"),
        "2020-06-30T23:44:30.000Z",
        previous=before("reserved", reserved["reason"], reserved["since"]),
        contacts=[CALL],
        **session,
    )
    return [first, label, reserved, busy]

"""Changes and contact facts against the contract, section 4, "RingCentral"."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.agent import Contact, Identity, Named, Reason, Status
from gateway.model.clock import from_rfc3339
from gateway.model.observation import Change, ChangeKind, ContactFact
from gateway.pipeline.track import KnownAgent, Stamp, track

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
AGENT = Identity(id="1369310", platform="somewhere", username="ada")
STATUS = {
    "AVAILABLE": Status.READY,
    "TRANSITION": Status.RESERVED,
    "ENGAGED": Status.BUSY,
    "LUNCH": Status.NOT_READY,
    "OFFLINE": Status.LOGGED_OUT,
    "WORKING": Status.NOT_READY,
    "ODD": Status.UNKNOWN,
}


def at(clock: str) -> datetime:
    return from_rfc3339(f"2026-03-02T{clock}.000Z")


def text(clock: str) -> str:
    return f"2026-03-02T{clock}.000Z"


def login(clock: str | None, session: str = "S1") -> Change:
    return Change(
        AGENT,
        at(clock) if clock else None,
        ChangeKind.LOGIN,
        session_id=session,
        reason=Reason("LOGIN"),
        outcome=("LOGIN", ""),
    )


def logout(clock: str, session: str = "S1", seconds: float | None = None) -> Change:
    return Change(
        AGENT,
        at(clock),
        ChangeKind.LOGOUT,
        session_id=session,
        session_seconds=seconds,
        status=Status.LOGGED_OUT,
        reason=Reason("LOGOUT"),
        outcome=("LOGOUT", ""),
    )


def state(clock: str | None, word: str, aux: str = "", session: str = "S1", **more) -> Change:
    prev = more.pop("prev", None)
    return Change(
        AGENT,
        at(clock) if clock else None,
        ChangeKind.STATE,
        session_id=session,
        status=STATUS[word],
        reason=Reason(word, aux or None),
        outcome=(word, aux),
        follows=prev,
        status_after={
            "ENGAGED": Status.AFTER_CALL_WORK,
            "TRANSITION": Status.AFTER_CALL_WORK,
        }
        if word == "WORKING"
        else {},
        **more,
    )


class Feed:
    """Changes of one agent, one after another."""

    def __init__(self, *changes: Change) -> None:
        self.known: KnownAgent | None = None
        self.notes: tuple[str, ...] = ()
        self.count = 0
        for change in changes:
            self.take(change)

    def take(self, change, received_at: datetime = RECEIVED) -> list[dict]:
        self.count += 1
        tracked = track(self.known, change, Stamp("engage", received_at, str(self.count).encode()))
        self.known = tracked.known and KnownAgent.from_json(tracked.known.to_json())
        assert self.known == tracked.known
        self.notes = tracked.notes
        return [event.envelope() for event in tracked.events]


def told(events: list[dict]) -> list[tuple]:
    """What each event says: its kind, status, whether it is inferred and from what."""
    return [
        (
            each["type"].removeprefix("wfm.agent.").removesuffix(".v1"),
            each["data"]["status"],
            each["data"]["basis"],
        )
        for each in events
    ]


def test_a_login_opens_the_session_and_the_status_stays_unknown():
    events = Feed().take(login("09:00:00"))
    assert told(events) == [("login", "unknown", None)]
    assert events[0]["data"]["session_id"] == "S1"
    assert events[0]["data"]["inferred"] is False


def test_the_first_state_after_a_login_is_no_second_login():
    feed = Feed(login("09:00:00"))
    events = feed.take(state("09:00:00", "AVAILABLE", prev=("LOGIN", "")))
    assert told(events) == [("state", "ready", None)]
    assert feed.notes == ()


def test_a_new_label_is_a_new_state_and_the_contact_is_held():
    feed = Feed(login("09:00:00"), state("09:00:00", "AVAILABLE"))
    events = feed.take(state("09:00:01", "AVAILABLE", "Available", prev=("AVAILABLE", "")))
    assert told(events) == [("state", "ready", None)]
    assert events[0]["data"]["since"] == text("09:00:01")
    call = Contact(id="202008281319380132120000030797", channel="voice", queue=Named("72992", "Q"))
    events = feed.take(state("09:00:30", "ENGAGED", contact=call, prev=("AVAILABLE", "Available")))
    held = events[0]["data"]["contacts"][0]
    assert (held["phase"], held["since"]) == ("active", text("09:00:30"))
    assert (
        feed.take(state("09:05:00", "AVAILABLE", prev=("ENGAGED", "")))[0]["data"]["contacts"] == []
    )


def test_a_state_of_an_agent_never_seen_opens_the_session():
    events = Feed().take(state("09:00:00", "AVAILABLE"))
    assert told(events) == [("login", "ready", "first_seen"), ("state", "ready", None)]


def test_a_logout_tells_the_state_and_then_one_logout():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    events = feed.take(logout("09:10:00", seconds=599))
    assert told(events) == [("state", "logged_out", None), ("logout", "logged_out", None)]
    assert events[1]["data"]["session_seconds"] == 600
    assert events[1]["data"]["session_id"] == "S1"


def test_a_logout_of_an_agent_never_seen_keeps_the_length_told():
    events = Feed().take(logout("09:10:00", seconds=24))
    assert told(events) == [("state", "logged_out", None), ("logout", "logged_out", None)]
    assert events[1]["data"]["session_seconds"] == 24


def test_offline_emits_both_and_the_next_state_logs_in_again():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    events = feed.take(state("10:00:00", "OFFLINE"))
    assert told(events) == [
        ("state", "logged_out", "activity"),
        ("logout", "logged_out", "activity"),
    ]
    events = feed.take(state("10:30:00", "AVAILABLE"))
    assert told(events) == [("login", "ready", "activity"), ("state", "ready", None)]
    assert events[0]["data"]["session_id"] == "S1"


def test_a_logout_after_offline_is_not_told_twice():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"), state("10:00:00", "OFFLINE"))
    events = feed.take(logout("10:00:05"))
    assert "logout" not in [kind for kind, _, _ in told(events)]
    assert feed.known.session_open is False


def test_a_logout_of_another_session_changes_nothing():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    before = feed.known
    assert feed.take(logout("09:10:00", "S9")) == []
    assert (feed.known, feed.notes) == (before, ("foreign_logout",))


def test_a_login_of_another_session_first_ends_the_open_one():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    events = feed.take(login("10:00:00", "S2"))
    assert told(events) == [
        ("state", "logged_out", "session"),
        ("logout", "logged_out", "session"),
        ("login", "unknown", None),
    ]
    assert [each["data"]["session_id"] for each in events] == ["S1", "S1", "S2"]
    assert events[1]["data"]["session_seconds"] == 3600
    assert all(each["time"] == text("10:00:00") for each in events)


def test_a_later_state_of_another_session_ends_the_open_one_and_logs_in():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    events = feed.take(state("10:00:00", "LUNCH", session="S2"))
    assert told(events) == [
        ("state", "logged_out", "session"),
        ("logout", "logged_out", "session"),
        ("login", "not_ready", "session"),
        ("state", "not_ready", None),
    ]


@pytest.mark.parametrize(
    "late", [state("08:59:00", "LUNCH"), state("08:59:00", "LUNCH", session="S0")]
)
def test_late_events_are_history(late):
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    before = feed.known
    assert feed.take(late) == []
    assert (replace(feed.known, turns=before.turns), feed.notes) == (before, ("history",))


def test_events_of_an_ended_session_are_history():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"), logout("09:10:00"))
    assert feed.take(state("09:20:00", "LUNCH")) == []
    assert feed.notes == ("history",)


def test_in_one_second_what_was_left_already_is_history():
    feed = Feed(login("09:00:00"))
    feed.take(state("09:44:30", "ENGAGED", prev=("TRANSITION", "")))
    assert feed.take(state("09:44:30", "TRANSITION", prev=("AVAILABLE", "Available"))) == []
    assert feed.notes == ("history",)
    assert feed.known.now.status is Status.BUSY


def test_a_gap_is_counted_and_previous_keeps_what_was_held():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    events = feed.take(state("09:10:00", "LUNCH", prev=("ENGAGED", "")))
    assert feed.notes == ("missed",)
    assert events[0]["data"]["previous"]["status"] == "ready"


def test_working_without_prev_state_looks_at_the_state_held():
    feed = Feed(login("09:00:00"), state("09:00:01", "ENGAGED"))
    assert told(feed.take(state("09:10:00", "WORKING"))) == [("state", "after_call_work", None)]
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    assert told(feed.take(state("09:10:00", "WORKING"))) == [("state", "not_ready", None)]


def test_busy_goes_on_when_a_break_is_asked_for():
    feed = Feed(login("09:00:00"), state("09:00:01", "ENGAGED"))
    events = feed.take(state("09:10:00", "ENGAGED", next=Status.NOT_READY))
    assert (events[0]["data"]["since"], events[0]["data"]["next"]) == (
        text("09:00:01"),
        "not_ready",
    )


def test_nothing_is_inferred_from_a_state_nobody_knows():
    feed = Feed(login("09:00:00"), state("09:00:01", "AVAILABLE"))
    assert told(feed.take(state("09:10:00", "ODD"))) == [("state", "unknown", None)]
    assert told(feed.take(state("09:11:00", "AVAILABLE"))) == [("state", "ready", None)]


def test_a_change_without_a_time_goes_in_arrival_order():
    feed = Feed(login("09:00:00"))
    events = feed.take(state(None, "LUNCH"))
    assert events[0]["data"]["time_source"] == "received"
    assert events[0]["data"]["since"] == events[0]["time"] == events[0]["recordedtime"]
    assert feed.known.mark == at("09:00:00")


FACT = ContactFact(
    agent=AGENT,
    contact_id="2020",
    channel="voice",
    direction="inbound",
    queue=Named("72992", "My Queue"),
    outcome="answered",
    started_at=at("09:00:00"),
    duration_seconds=18,
    queue_seconds=3,
)


def test_a_contact_fact_ends_at_start_and_duration():
    event = Feed(login("08:00:00")).take(FACT)[0]
    assert event["type"] == "wfm.contact.completed.v1"
    assert event["subject"] == "engage:1369310"
    assert event["time"] == event["data"]["contact"]["ended_at"] == text("09:00:18")
    assert event["data"]["agent"]["username"] == "ada"
    assert event["data"]["contact"]["talk_seconds"] is None
    assert event["data"]["customer"] is None


@pytest.mark.parametrize(
    ("queue", "subject"),
    [(Named("72992", "Q"), "engage:queue:72992"), (None, "engage:queue:unknown")],
)
def test_a_contact_that_nobody_took_is_the_queues(queue, subject):
    fact = ContactFact(None, "2020", queue=queue, started_at=at("09:00:00"), duration_seconds=None)
    event = Feed().take(fact)[0]
    assert (event["subject"], event["data"]["agent"]) == (subject, None)
    assert event["time"] == text("09:00:00")


def test_a_contact_without_a_believable_start_is_timed_by_receipt():
    fact = ContactFact(None, "2020", started_at=RECEIVED + timedelta(hours=1), duration_seconds=3)
    event = Feed().take(fact)[0]
    assert event["data"]["time_source"] == "received"
    assert event["time"] == event["recordedtime"]
    assert event["data"]["contact"]["started_at"] is None

"""Pictures against the rules of the contract, section 4, "Flex RTA"."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.agent import Contact, Identity, Named, Phase, Reason, Status
from gateway.model.clock import from_rfc3339
from gateway.model.observation import Activity, Departure, Picture
from gateway.pipeline.track import KnownAgent, Stamp, track

RECEIVED = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
AGENT = Identity(id="W1", platform="somewhere", account_id="A1")
LIVE = frozenset({"voice", "video"})


def at(clock: str) -> datetime:
    return from_rfc3339(f"2026-03-02T{clock}.000Z")


def text(clock: str) -> str:
    return f"2026-03-02T{clock}.000Z"


def activity(status: Status, since: str | None = "09:00:00", code: str | None = None) -> Activity:
    code = code or f"A-{status}"
    return Activity(status, Reason(code, status.title()), at(since) if since else None)


def contact(key: str, phase: Phase, since: str | None, channel: str = "voice") -> Contact:
    return Contact(
        id=f"T-{key}",
        reservation_id=key,
        channel=channel,
        phase=phase,
        since=at(since) if since else None,
        queue=Named("Q1"),
    )


def picture(clock: str | None, chosen: Activity | None, *contacts: Contact, **more) -> Picture:
    return Picture(
        AGENT,
        at(clock) if clock else None,
        activity=chosen,
        contacts=contacts,
        live_channels=LIVE,
        **more,
    )


class Feed:
    """Pictures of one agent, one after another."""

    def __init__(self) -> None:
        self.known: KnownAgent | None = None
        self.notes: tuple[str, ...] = ()
        self.count = 0

    def take(self, seen: Picture, received_at: datetime = RECEIVED) -> list[dict]:
        self.count += 1
        stamp = Stamp("flex", received_at, f"record {self.count}".encode())
        tracked = track(self.known, seen, stamp)
        self.known = tracked.known and KnownAgent.from_json(tracked.known.to_json())
        assert self.known == tracked.known
        self.notes = tracked.notes
        return [event.envelope() for event in tracked.events]


READY = activity(Status.READY)
LUNCH = activity(Status.NOT_READY, "12:00:00", "A-lunch")
OFFLINE = activity(Status.LOGGED_OUT)


def kinds(events: list[dict]) -> list[str]:
    return [each["type"].removeprefix("wfm.agent.").removesuffix(".v1") for each in events]


def last_state(events: list[dict]) -> dict:
    return next(each["data"] for each in reversed(events) if each["type"] == "wfm.agent.state.v1")


def test_the_first_picture_tells_a_login_and_the_state():
    events = Feed().take(picture("09:05:00", READY))
    assert kinds(events) == ["login", "state"]
    login, state = events
    assert (login["data"]["inferred"], login["data"]["basis"]) == (True, "first_seen")
    assert (state["data"]["inferred"], state["data"]["basis"]) == (False, None)
    assert state["data"]["since"] == text("09:00:00")
    assert state["time"] == text("09:05:00")
    assert state["data"]["previous"] is None
    assert state["subject"] == state["partitionkey"] == "flex:W1"
    assert state["data"]["reason"] == {"code": "A-ready", "label": "Ready"}
    assert state["data"]["time_source"] == "platform"
    assert login["id"] != state["id"]


def test_an_agent_first_seen_logged_out_gives_the_state_alone():
    assert kinds(Feed().take(picture("09:05:00", OFFLINE))) == ["state"]


def test_a_picture_that_tells_nothing_is_unknown_without_invented_times():
    events = Feed().take(picture(None, None))
    assert kinds(events) == ["state"]
    data = events[0]["data"]
    assert (data["status"], data["reason"]) == ("unknown", None)
    assert data["time_source"] == "received"
    assert data["since"] == events[0]["time"] == events[0]["recordedtime"]


def test_unknown_with_a_time_has_no_beginning():
    assert Feed().take(picture("09:05:00", None))[0]["data"]["since"] is None


def test_unknown_counts_as_nothing_known():
    feed = Feed()
    feed.take(picture("09:00:00", None))
    events = feed.take(picture("09:05:00", READY))
    assert kinds(events) == ["login", "state"]
    assert events[0]["data"]["basis"] == "first_seen"


def test_null_worker_fields_leave_what_was_known():
    feed = Feed()
    feed.take(picture("09:05:00", LUNCH))
    assert feed.take(picture("09:06:00", None)) == []
    assert feed.known.now.status is Status.NOT_READY


def test_two_active_channels_are_busy_since_the_first():
    events = Feed().take(
        picture(
            "12:26:18",
            activity(Status.READY, "11:06:10"),
            contact("R2", Phase.ACTIVE, "12:26:18"),
            contact("R1", Phase.ACTIVE, "11:44:42", "chat"),
        )
    )
    assert last_state(events)["status"] == "busy"
    assert last_state(events)["since"] == text("11:44:42")


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        ([Phase.ACTIVE, Phase.WRAP_UP], "busy"),
        ([Phase.WRAP_UP, Phase.OFFERED], "after_call_work"),
        ([Phase.OFFERED], "reserved"),
        ([Phase.UNKNOWN], "ready"),
        ([], "ready"),
    ],
)
def test_contacts_decide_by_rank_when_ready(phases, status):
    held = [contact(f"R{n}", phase, "09:10:00", "chat") for n, phase in enumerate(phases)]
    assert last_state(Feed().take(picture("09:10:00", READY, *held)))["status"] == status


def test_an_unknown_activity_lets_contacts_decide():
    events = Feed().take(picture("09:10:00", None, contact("R", Phase.ACTIVE, "09:09:00", "chat")))
    assert (last_state(events)["status"], last_state(events)["next"]) == ("busy", None)


def test_not_ready_wins_over_a_contact_that_is_not_live():
    held = contact("R", Phase.ACTIVE, "12:10:00", "chat")
    state = last_state(Feed().take(picture("12:10:00", LUNCH, held)))
    assert (state["status"], state["next"], state["since"]) == ("not_ready", None, text("12:00:00"))


def test_a_live_contact_decides_and_the_activity_is_next():
    held = contact("R", Phase.ACTIVE, "11:50:00")
    state = last_state(Feed().take(picture("12:10:00", LUNCH, held)))
    assert (state["status"], state["next"], state["since"]) == (
        "busy",
        "not_ready",
        text("11:50:00"),
    )


def test_with_a_live_contact_only_live_ones_decide():
    chat = contact("R1", Phase.ACTIVE, "11:50:00", "chat")
    voice = contact("R2", Phase.WRAP_UP, "12:05:00")
    state = last_state(Feed().take(picture("12:10:00", LUNCH, chat, voice)))
    assert (state["status"], state["next"]) == ("after_call_work", "not_ready")


def test_since_stays_while_the_status_stays():
    feed = Feed()
    first = contact("R1", Phase.ACTIVE, "09:10:00")
    second = contact("R2", Phase.ACTIVE, "09:20:00", "chat")
    feed.take(picture("09:10:00", READY, first))
    assert last_state(feed.take(picture("09:20:00", READY, first, second)))["since"] == text(
        "09:10:00"
    )
    state = last_state(feed.take(picture("09:30:00", READY, second)))
    assert state["since"] == text("09:10:00")
    assert [each["reservation_id"] for each in state["contacts"]] == ["R2"]


def test_a_vanished_contact_ends_at_the_time_of_the_record():
    feed = Feed()
    feed.take(picture("09:10:00", READY, contact("R1", Phase.ACTIVE, "09:10:00")))
    state = last_state(feed.take(picture("09:30:00", READY)))
    assert (state["status"], state["since"]) == ("ready", text("09:30:00"))
    assert state["time_source"] == "collated"
    assert state["previous"] == {
        "status": "busy",
        "reason": {"code": "A-ready", "label": "Ready"},
        "since": text("09:10:00"),
    }


def test_a_told_end_is_the_beginning_of_what_comes():
    feed = Feed()
    feed.take(picture("09:10:00", READY, contact("R1", Phase.ACTIVE, "09:10:00")))
    gone = (Departure("R1", at("09:29:00")),)
    state = last_state(feed.take(picture("09:30:00", READY, departures=gone)))
    assert (state["since"], state["time_source"]) == (text("09:29:00"), "platform")


def test_wrap_up_begins_when_the_last_active_contact_left():
    feed = Feed()
    wrapping = contact("R2", Phase.WRAP_UP, "09:05:00", "chat")
    feed.take(picture("09:10:00", READY, wrapping, contact("R1", Phase.ACTIVE, "09:10:00")))
    state = last_state(feed.take(picture("09:30:00", READY, wrapping)))
    assert (state["status"], state["since"]) == ("after_call_work", text("09:30:00"))


def test_a_contact_that_goes_into_wrap_up_leaves_at_its_status_time():
    feed = Feed()
    old = contact("R2", Phase.WRAP_UP, "09:05:00", "chat")
    feed.take(picture("09:10:00", READY, old, contact("R1", Phase.ACTIVE, "09:10:00")))
    now = contact("R1", Phase.WRAP_UP, "09:25:00")
    state = last_state(feed.take(picture("09:30:00", READY, old, now)))
    assert (state["since"], state["time_source"]) == (text("09:25:00"), "platform")


def test_a_lunch_chosen_before_the_call_ended_begins_with_the_end():
    feed = Feed()
    feed.take(picture("12:01:00", LUNCH, contact("R1", Phase.ACTIVE, "11:50:00")))
    state = last_state(feed.take(picture("12:20:00", LUNCH)))
    assert (state["status"], state["since"]) == ("not_ready", text("12:20:00"))


def test_since_never_goes_back_behind_the_previous_one():
    feed = Feed()
    feed.take(picture("09:10:00", READY, contact("R1", Phase.ACTIVE, "09:10:00")))
    feed.take(picture("09:30:00", READY))
    held = contact("R2", Phase.OFFERED, "09:25:00")
    assert last_state(feed.take(picture("09:31:00", READY, held)))["since"] == text("09:30:00")


def test_a_new_reason_is_a_new_state_with_its_own_beginning():
    feed = Feed()
    feed.take(picture("12:01:00", LUNCH))
    state = last_state(
        feed.take(picture("12:41:00", activity(Status.NOT_READY, "12:40:00", "A-training")))
    )
    assert (state["since"], state["previous"]["reason"]["code"]) == (text("12:40:00"), "A-lunch")


def test_an_activity_begun_anew_is_news():
    feed = Feed()
    feed.take(picture("09:05:00", READY))
    again = activity(Status.READY, "09:30:00")
    assert last_state(feed.take(picture("09:31:00", again)))["since"] == text("09:30:00")
    assert feed.take(picture("09:32:00", again)) == []


def test_capacity_alone_is_no_news():
    feed = Feed()
    feed.take(picture("09:05:00", READY))
    assert feed.take(picture("09:06:00", READY)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"phase": Phase.WRAP_UP},
        {"queue": Named("Q2")},
        {"reservation_id": "R9"},
    ],
)
def test_a_change_among_the_contacts_is_news(changed):
    feed = Feed()
    held = contact("R1", Phase.ACTIVE, "09:10:00")
    other = contact("R2", Phase.ACTIVE, "09:11:00")
    feed.take(picture("09:12:00", READY, held, other))
    assert feed.take(picture("09:13:00", READY, held, replace(other, **changed)))


def test_an_older_picture_is_history():
    feed = Feed()
    feed.take(picture("09:10:00", READY))
    before = feed.known
    assert feed.take(picture("09:09:59", LUNCH)) == []
    assert (feed.known, feed.notes) == (before, ("history",))


def test_equal_times_go_in_arrival_order():
    feed = Feed()
    feed.take(picture("12:10:00", READY))
    assert last_state(feed.take(picture("12:10:00", LUNCH)))["status"] == "not_ready"


@pytest.mark.parametrize(
    "told", [datetime(1999, 12, 31, tzinfo=UTC), RECEIVED + timedelta(minutes=6)]
)
def test_absurd_times_are_replaced_and_never_move_the_mark(told):
    feed = Feed()
    feed.take(picture("09:10:00", READY))
    events = feed.take(replace(picture("12:10:00", LUNCH), at=told))
    assert events[-1]["time"] == events[-1]["recordedtime"]
    assert last_state(events)["since"] == events[-1]["recordedtime"]
    assert last_state(events)["time_source"] == "received"
    assert feed.known.mark == at("09:10:00")
    assert "unbelieved_time" in feed.notes
    assert last_state(feed.take(picture("12:20:00", READY)))["status"] == "ready"


def test_a_time_five_minutes_ahead_is_believed():
    events = Feed().take(replace(picture("12:10:00", READY), at=RECEIVED + timedelta(minutes=5)))
    assert last_state(events)["time_source"] == "platform"


def test_logging_out_and_in_again():
    feed = Feed()
    feed.take(picture("09:10:00", READY))
    events = feed.take(picture("10:00:00", activity(Status.LOGGED_OUT, "09:59:00")))
    assert kinds(events) == ["state", "logout"]
    assert (events[1]["data"]["inferred"], events[1]["data"]["basis"]) == (True, "activity")
    events = feed.take(picture("11:00:00", activity(Status.READY, "10:59:00")))
    assert kinds(events) == ["login", "state"]
    assert events[0]["data"]["basis"] == "activity"


def test_a_name_alone_is_the_activity_known_by_that_name():
    feed = Feed()
    feed.take(picture("12:01:00", LUNCH))
    told = Activity(Status.READY, Reason(None, LUNCH.reason.label), None, mapped=False)
    assert feed.take(picture("12:02:00", told)) == []
    assert feed.known.activity == LUNCH


def test_ids_depend_on_the_record_alone():
    one, other = Feed(), Feed()
    first = [each["id"] for each in one.take(picture("09:10:00", READY), RECEIVED)]
    later = other.take(picture("09:10:00", READY), RECEIVED + timedelta(hours=3))
    assert first == [each["id"] for each in later]
    assert len(set(first)) == len(first)

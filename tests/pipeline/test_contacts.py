"""Contacts out of pieces: whatever order they come in, and however often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.agent import Identity, Named
from gateway.model.contact import ContactPiece, Insights, Overrides, Step
from gateway.pipeline.track import KnownContact, Stamp, Surroundings, track_piece

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
RECEIVED = START + timedelta(hours=1)
KEY = b"k" * 32
SALES, SUPPORT = Named("WQ1", "Sales"), Named("WQ2", "Support")


def agent_json(identity):
    return f"flex:{identity.id}", {"key": f"flex:{identity.id}", "id": identity.id}


class Ledger:
    """Takes pieces, keeps what is known as the store would, and the newest telling of each."""

    def __init__(self, customer_key=KEY):
        self.known = {}
        self.conversations = {}
        self.events = []
        self._key = customer_key

    def take(self, *pieces):
        for each in pieces:
            stamp = Stamp("tr", RECEIVED, f"{len(self.events)}-{each.native_id}".encode())
            around = Surroundings(agent_json, self.conversations, self._key)
            before = self.known.get(each.contact_id)
            tracked = track_piece(before, each, stamp, around)
            self.known[each.contact_id] = KnownContact.from_json(tracked.known.to_json())
            assert self.known[each.contact_id] == tracked.known
            self.events += tracked.events
        return self

    @property
    def newest(self):
        """The last telling of each contact, by its id."""
        return {each.data["contact"]["id"]: each for each in self.events}

    @property
    def contacts(self):
        return {key: each.data["contact"] for key, each in self.newest.items()}


def piece(step, seconds, *, task="WT1", agent=None, share=None, **told):
    return ContactPiece(
        contact_id=task,
        step=step,
        at=START + timedelta(seconds=seconds),
        native_id=f"{task}-{step}-{seconds}-{share}",
        reservation_id=share,
        agent=Identity(agent, "flex") if agent else None,
        channel="voice",
        workflow=Named("WW1", "Main"),
        **told,
    )


def answered(*, agent="WK1", share="WR1", at=0.0, queue=SALES):
    """A contact that is offered after 20 s, talked to for a minute, and wrapped up in 15 s."""
    return [
        piece(Step.OFFERED, at + 20, agent=agent, share=share, queue=queue),
        piece(Step.ACCEPTED, at + 25, agent=agent, share=share, queue=queue),
        piece(Step.WRAP_UP, at + 85, agent=agent, share=share, queue=queue),
        piece(Step.ENDED, at + 100, agent=agent, share=share, queue=queue),
    ]


WHOLE = [
    piece(Step.CREATED, 0),
    piece(Step.QUEUED, 1, queue=SALES),
    *answered(),
    piece(Step.COMPLETED, 100.5),
]


def test_an_answered_contact_has_its_times():
    (event,) = Ledger().take(*WHOLE).events
    told = event.data["contact"]
    seconds = {name: told[name] for name in told if name.endswith("_seconds")}
    assert seconds == {
        "duration_seconds": 85,
        "queue_seconds": 24,
        "ring_seconds": 5,
        "talk_seconds": 60,
        "hold_seconds": None,
        "wrap_seconds": 15,
        "handle_seconds": 75,
    }
    assert (event.subject, told["outcome"], told["journey"]["abandoned"]) == (
        "flex:WK1",
        "answered",
        False,
    )
    assert (told["id"], told["revision"], told["queue"]["id"]) == ("WR1", 1, "WQ1")
    assert event.time == START + timedelta(seconds=85)


@pytest.mark.parametrize("reason", ["whatever", None])
@pytest.mark.parametrize(("is_hang_up", "outcome"), [(True, "abandoned"), (False, "canceled")])
def test_who_hangs_up_in_the_queue_has_abandoned_and_nobody_else(is_hang_up, outcome, reason):
    (event,) = (
        Ledger()
        .take(
            piece(Step.CREATED, 0),
            piece(Step.QUEUED, 2, queue=SALES),
            piece(Step.OFFERED, 5, agent="WK1", share="WR1"),
            piece(Step.DECLINED, 9, agent="WK1", share="WR1"),
            piece(Step.CANCELED, 32, reason=reason, is_hang_up=is_hang_up),
        )
        .events
    )
    told = event.data["contact"]
    assert (told["id"], told["outcome"], told["queue_seconds"]) == ("WT1", outcome, 30)
    assert (event.subject, event.data["agent"]) == ("tr:queue:WQ1", None)
    assert (told["answered_at"], told["talk_seconds"]) == (None, None)


def test_nothing_is_told_before_a_contact_has_ended():
    assert Ledger().take(*WHOLE[:-2]).events == []


def test_each_accepted_reservation_is_a_segment():
    ledger = Ledger().take(
        *WHOLE[:-1],
        piece(Step.TRANSFERRED, 84),
        piece(Step.QUEUED, 86, queue=SUPPORT),
        *answered(agent="WK2", share="WR2", at=90, queue=SUPPORT),
        piece(Step.COMPLETED, 200),
    )
    assert {key: each["queue_seconds"] for key, each in ledger.contacts.items()} == {
        "WR1": 24,
        "WR2": 29,
    }
    first, second = ledger.contacts["WR1"], ledger.contacts["WR2"]
    assert (first["journey"]["is_sent_on"], second["journey"]["is_sent_on"]) == (True, False)
    assert (first["journey"]["is_transfer"], second["journey"]["is_transfer"]) == (False, True)
    assert [hop["queue"]["id"] for hop in second["journey"]["queues"]] == ["WQ2"]
    assert first["conversation_id"] == second["conversation_id"] == "WT1"


def test_whoever_sends_it_on_has_sent_it_on_however_often_it_goes():
    ledger = Ledger().take(
        *WHOLE[:-1],
        piece(Step.TRANSFERRED, 84),
        *answered(agent="WK2", share="WR2", at=90, queue=SUPPORT),
        piece(Step.TRANSFERRED, 174),
        *answered(agent="WK3", share="WR3", at=180, queue=SALES),
        piece(Step.TRANSFERRED, 264),  # and nobody takes it
        piece(Step.COMPLETED, 300),
    )
    sent_on = {key: each["journey"]["is_sent_on"] for key, each in ledger.contacts.items()}
    assert sent_on == {"WR1": True, "WR2": True, "WR3": True}
    assert {key: each["queue_seconds"] for key, each in ledger.contacts.items()} == {
        "WR1": 24,
        "WR2": 31,
        "WR3": 31,
    }


def test_several_queues_are_one_wait():
    ledger = Ledger().take(
        piece(Step.CREATED, 0),
        piece(Step.QUEUED, 1, queue=SALES),
        piece(Step.QUEUED, 11, queue=SUPPORT),
        *answered(queue=SUPPORT),
    )
    told = ledger.contacts["WR1"]
    assert told["queue_seconds"] == 24
    assert [hop["queue"]["name"] for hop in told["journey"]["queues"]] == ["Sales", "Support"]


def talk_and_wrap(event):
    told = event.data["contact"]
    return told["talk_seconds"], told["wrap_seconds"]


def test_a_late_piece_corrects_what_was_told():
    ledger = Ledger().take(*[each for each in WHOLE if each.step is not Step.WRAP_UP])
    before = ledger.newest["WR1"]
    assert talk_and_wrap(before) == (75, 0)
    ledger.take(*WHOLE)
    after = ledger.newest["WR1"]
    assert after.data["contact"]["revision"] == 2
    assert after.id != before.id
    assert talk_and_wrap(after) == (60, 15)


def test_who_turns_out_to_have_answered_takes_over_the_contact():
    whole = [each for each in WHOLE if each.reservation_id is None]
    ledger = Ledger().take(*whole, *[each for each in WHOLE if each not in whole])
    assert set(ledger.contacts) == {"WT1"}
    told = ledger.newest["WT1"]
    assert (told.data["contact"]["outcome"], told.subject) == ("answered", "flex:WK1")
    assert told.data["contact"]["revision"] == len(ledger.events) > 1


@pytest.mark.parametrize("missing", [Step.CREATED, Step.QUEUED, Step.OFFERED, Step.ACCEPTED])
def test_what_was_never_told_is_unknown_and_not_invented(missing):
    ledger = Ledger().take(*[each for each in WHOLE if each.step is not missing])
    told = ledger.contacts["WR1"]
    assert told["outcome"] == "answered"
    expected = {
        Step.CREATED: {"queue_seconds": 24, "duration_seconds": 84},
        Step.QUEUED: {"queue_seconds": 25},
        Step.OFFERED: {"ring_seconds": None, "queue_seconds": 24},
        Step.ACCEPTED: {"answered_at": None, "talk_seconds": None, "queue_seconds": None},
    }[missing]
    assert {name: told[name] for name in expected} == expected


def said(seconds, step, outcome, *, share=None, counts=True, link=None):
    insights = Insights(overrides=Overrides(outcome=outcome, recording_url=link))
    agent = "WK1" if share else None
    return piece(step, seconds, agent=agent, share=share, insights=insights, counts=counts)


def outcome_of(ledger):
    return ledger.newest["WR1"].data["attributes"]["text"]["outcome"]


def test_attributes_are_those_of_the_last_piece_that_counts_until_the_end():
    ledger = Ledger().take(
        said(20, Step.OFFERED, "offered", share="WR1"),
        said(25, Step.ACCEPTED, "accepted", share="WR1", counts=False),
        said(100, Step.ENDED, "ended", share="WR1"),
    )
    assert outcome_of(ledger) == "ended"
    ledger.take(said(101, Step.COMPLETED, "completed"))
    assert outcome_of(ledger) == "completed"
    told = len(ledger.events)
    ledger.take(said(110, Step.UPDATED, "too late", counts=False))
    assert (outcome_of(ledger), len(ledger.events)) == ("completed", told)


@pytest.mark.parametrize(("after", "link"), [(119, "https://b"), (121, "https://a")])
def test_links_to_media_may_come_two_minutes_late(after, link):
    ledger = Ledger().take(
        said(100, Step.ENDED, None, share="WR1", link="https://a"),
        said(101, Step.COMPLETED, None, link="https://a"),
        said(101 + after, Step.UPDATED, None, counts=False, link="https://b"),
    )
    assert ledger.contacts["WR1"]["recording_url"] == link


def test_overrides_replace_ours_and_what_they_replaced_is_kept():
    over = Overrides(
        channel="Chat",
        direction="outbound",
        queue="Dialer",
        outcome="Machine",
        abandoned=True,
        hold_seconds=4,
        ivr_seconds=2,
    )
    insights = Insights(direction="inbound", overrides=over)
    ledger = Ledger().take(*WHOLE[:-1], piece(Step.COMPLETED, 101, insights=insights, counts=True))
    told = ledger.contacts["WR1"] | ledger.contacts["WR1"]["journey"]
    replaced = {
        "channel": "voice",
        "direction": "inbound",
        "queue": {"id": "WQ1", "name": "Sales"},
        "outcome": "answered",
        "abandoned": False,
        "hold_seconds": None,
        "ivr_seconds": None,
    }
    assert told["replaced"] == replaced
    assert {name: told[name] for name in replaced} == {
        "channel": "Chat",
        "direction": "outbound",
        "queue": {"id": None, "name": "Dialer"},
        "outcome": "machine",
        "abandoned": True,
        "hold_seconds": 4,
        "ivr_seconds": 2,
    }


def test_an_outcome_of_the_operators_own_is_told_among_the_texts():
    over = Overrides(outcome="Retention - Success")
    ledger = Ledger().take(
        *WHOLE[:-1],
        piece(Step.COMPLETED, 101, reason="done", insights=Insights(overrides=over), counts=True),
    )
    assert (ledger.contacts["WR1"]["outcome"], outcome_of(ledger)) == (
        "answered",
        "Retention - Success",
    )


TRANSFERRED = [
    *WHOLE[:-1],
    piece(Step.TRANSFERRED, 84),
    piece(Step.QUEUED, 86, queue=SUPPORT),
    piece(Step.OFFERED, 88, agent="WK3", share="WR3"),
    piece(Step.DECLINED, 90, agent="WK3", share="WR3"),
    *answered(agent="WK2", share="WR2", at=90, queue=SUPPORT),
    piece(Step.COMPLETED, 200, reason="done"),
]
MEANT = {"id", "revision"}


def figures(ledger):
    """Return all that was told of each segment in the end, but for its id and revision."""
    return {
        each.subject: {k: v for k, v in each.data["contact"].items() if k not in MEANT}
        for each in ledger.newest.values()
    }


@settings(max_examples=300)
@given(st.permutations(TRANSFERRED), st.lists(st.sampled_from(TRANSFERRED), max_size=6))
def test_any_order_and_repetition_comes_to_the_same(shuffled, again):
    expected = figures(Ledger().take(*TRANSFERRED))
    ledger = Ledger().take(*shuffled, *again)
    assert figures(ledger) == expected
    revisions = [each.data["contact"]["revision"] for each in ledger.events]
    assert len(ledger.events) == sum(
        max(e.data["contact"]["revision"] for e in ledger.events if e.data["contact"]["id"] == key)
        for key in ledger.contacts
    ), revisions

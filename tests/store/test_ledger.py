"""The books: entries with the events, spans of hearing, and what is forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.model.agent import Named, Status
from gateway.model.clock import rfc3339, to_millis
from gateway.model.event import Event, EventType
from gateway.model.ledger import ACTIVITY, AgentEntry, GlimpseEntry, Heard, Hop, Mark
from gateway.ports import Finished, RoutedEvent
from gateway.store.sqlite.ledger import SLICE
from tests.store.engines import append_and_claim

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes):
    return to_millis(START + minutes * MINUTE)


def agent_event(kind, agent, minutes, status="ready", *, reason=None, event_id=None):
    moment = START + minutes * MINUTE
    data = {
        "status": status,
        "since": rfc3339(moment),
        "reason": {"code": "WA1", "label": reason} if reason else None,
    }
    id_ = event_id or f"{kind}-{agent}-{minutes}"
    return Event(id_, "flex", kind, f"flex:{agent}", moment, moment, data)


def contact_event(key, revision, minutes, *, agent="ann", outcome="answered"):
    moment = START + minutes * MINUTE
    seconds = {f"{name}_seconds": None for name in ("queue", "ring", "talk", "hold", "wrap")}
    contact = seconds | {
        "id": key,
        "conversation_id": "CA1",
        "revision": revision,
        "channel": "voice",
        "direction": None,
        "queue": {"id": "WQ1", "name": "Sales"},
        "team": None,
        "outcome": outcome,
        "customer_address": "+15551234567",
        "started_at": rfc3339(moment - MINUTE),
        "answered_at": None,
        "ended_at": rfc3339(moment),
        "talk_seconds": 12.5,
        "journey": {
            "queues": [{"queue": {"id": "WQ1", "name": "Sales"}, "at": rfc3339(moment - MINUTE)}]
        },
    }
    data = {"agent": {"key": f"flex:{agent}"}, "contact": contact, "customer": {"city": "LOGAN"}}
    subject = f"flex:{agent}"
    return Event(f"{key}-{revision}", "tr", EventType.CONTACT, subject, moment, moment, data)


async def keep(store, *events, **known):
    """Keep events as the gateway does, with a receipt of their own."""
    claimed = await append_and_claim(store)
    routed = tuple(RoutedEvent(each, ()) for each in events)
    await store.finish([Finished(claimed, routed, **known)])


async def entries(store, since, until):
    return await store.read_ledger(lambda pages: list(pages.agent_entries(at(since), at(until))))


async def contacts(store, since, until, booked_by="arrival"):
    return await store.read_ledger(
        lambda pages: list(pages.contact_entries(at(since), at(until), booked_by=booked_by))
    )


STATE, LOGIN, LOGOUT = EventType.STATE, EventType.LOGIN, EventType.LOGOUT


async def test_entries_come_agent_by_agent_with_how_they_stood_before(store):
    await keep(
        store,
        agent_event(LOGIN, "ann", 0, "unknown"),
        agent_event(STATE, "ben", 1, "not_ready", reason="Lunch"),
        agent_event(STATE, "ann", 2, "ready"),
        agent_event(STATE, "ann", 8, "busy"),
        agent_event(STATE, "ann", 5, "reserved"),
        agent_event(LOGOUT, "ben", 12, "logged_out"),
    )
    found = [(e.agent, e.at, e.mark, e.status) for e in await entries(store, 4, 12)]
    assert found == [
        ("flex:ann", at(0), Mark.LOGIN, Status.UNKNOWN),
        ("flex:ann", at(2), Mark.STATE, Status.READY),
        ("flex:ann", at(5), Mark.STATE, Status.RESERVED),
        ("flex:ann", at(8), Mark.STATE, Status.BUSY),
        ("flex:ben", at(1), Mark.STATE, Status.NOT_READY),
    ]
    (*_, ben) = await entries(store, 4, 12)
    assert ben == AgentEntry("flex:ben", at(1), Mark.STATE, Status.NOT_READY, "Lunch")


async def test_an_event_that_is_kept_already_is_entered_once(store):
    one = agent_event(STATE, "ann", 2)
    await keep(store, one)
    await keep(store, one)
    assert len(await entries(store, 0, 9)) == 1


async def test_of_one_time_the_last_one_kept_comes_last(store):
    await keep(store, agent_event(STATE, "ann", 2, "ready"))
    await keep(store, agent_event(STATE, "ann", 2, "busy", event_id="corrected"))
    assert [each.status for each in await entries(store, 0, 9)] == [Status.READY, Status.BUSY]


async def test_of_a_contact_its_newest_telling_is_kept(store):
    await keep(store, contact_event("WR1", 2, 9, outcome="answered"))
    await keep(store, contact_event("WR1", 1, 9, outcome="unknown"))
    (found,) = await contacts(store, 0, 60)
    assert (found.revision, found.outcome, found.conversation) == (2, "answered", "CA1")
    assert found.hops == (Hop(Named("WQ1", "Sales"), at(8)),)
    assert (found.city, found.phone, found.talk_seconds) == ("LOGAN", "+15551234567", 12.5)


async def test_what_a_replay_makes_is_booked_once_too(store):
    claimed = await append_and_claim(store)
    again = contact_event("WR1", 2, 9, outcome="abandoned")
    states = agent_event(STATE, "ann", 2), agent_event(STATE, "ann", 2, "busy", event_id="again")
    events = (states[0], contact_event("WR1", 1, 9))
    await store.finish([Finished(claimed, tuple(RoutedEvent(each, ()) for each in events))])
    for _ in range(2):
        await store.keep_revised(claimed, [RoutedEvent(each, ()) for each in (states[1], again)])
    assert [each.status for each in await entries(store, 0, 9)] == [Status.READY, Status.BUSY]
    ((revision, outcome),) = [(e.revision, e.outcome) for e in await contacts(store, 0, 60)]
    assert (revision, outcome) == (2, "abandoned")


async def test_an_older_telling_that_a_replay_revises_is_not_the_newest(store):
    claimed = await append_and_claim(store)
    told = [contact_event("WR1", revision, 9, outcome="answered") for revision in (1, 2)]
    await store.finish([Finished(claimed, tuple(RoutedEvent(each, ()) for each in told))])
    for revision, outcome in ((2, "unknown"), (3, "abandoned")):
        revised = replace(contact_event("WR1", revision, 9, outcome=outcome), id=outcome)
        await store.keep_revised(claimed, [RoutedEvent(revised, ())])
        (found,) = await contacts(store, 0, 60)
        assert found.outcome == ("answered" if revision == 2 else "abandoned")


async def test_contacts_are_booked_by_arrival_or_by_end(store):
    await keep(store, *(contact_event(f"WR{n}", 1, n) for n in range(5, 0, -1)))
    by_arrival = [each.key for each in await contacts(store, 1, 3)]
    by_end = [each.key for each in await contacts(store, 1, 3, "end")]
    assert (by_arrival, by_end) == (["tr:WR2", "tr:WR3"], ["tr:WR1", "tr:WR2"])


async def test_more_contacts_than_one_look_reads(store):
    several = [contact_event(f"WR{n}", 1, 1 + n // 1500) for n in range(SLICE + 10)]
    await keep(store, *several)
    found = [each.key for each in await contacts(store, 0, 60)]
    assert sorted(found) == sorted(f"tr:WR{n}" for n in range(SLICE + 10))


async def heard(store):
    found = await store.read_ledger(lambda pages: list(pages.heard(at(-60), at(600))))
    return [
        (each.source, (each.since - at(0)) / 60_000, (each.until - at(0)) / 60_000)
        for each in found
    ]


async def test_hearing_goes_on_until_it_was_not_noted_for_too_long(store):
    for minute in (0, 1, 2, 9, 10):
        await store.hear(["flex"], START + minute * MINUTE, 2 * MINUTE)
    await store.hear(["tr"], START, 2 * MINUTE)
    assert await heard(store) == [("flex", 0, 2), ("flex", 9, 10), ("tr", 0, 0)]
    assert (await store.read_ledger(lambda pages: list(pages.heard(at(3), at(9))))) == []


async def test_what_was_not_heard_after_all_is_taken_back(store):
    for minute in (0, 5, 6, 7):
        await store.hear(["flex"], START + minute * MINUTE, 2 * MINUTE)
    await store.unhear("flex", START + 6 * MINUTE)
    assert await heard(store) == [("flex", 0, 0), ("flex", 5, 6)]
    await store.unhear("flex", START + 3 * MINUTE)
    assert await heard(store) == [("flex", 0, 0)]


async def test_a_span_that_touches_the_time_asked_for_is_told(store):
    await store.hear(["flex"], START, MINUTE)
    await store.hear(["flex"], START + MINUTE, MINUTE)
    found = await store.read_ledger(lambda pages: list(pages.heard(at(0), at(1))))
    assert found == [Heard("flex", at(0), at(1))]


async def test_what_is_past_its_time_goes_but_how_agents_stood_stays(store):
    await keep(
        store,
        agent_event(LOGIN, "ann", 0, "unknown"),
        *(agent_event(STATE, "ann", minute) for minute in range(1, 6)),
        agent_event(STATE, "ann", 90, "busy"),
        contact_event("WR1", 1, 2),
        contact_event("WR2", 1, 90),
    )
    await store.hear(["flex"], START, MINUTE)
    now = START + 70 * MINUTE
    removed = 0
    while several := await store.prune_ledger(now, 60 * MINUTE):
        removed += several
    assert removed == 4 + 1 + 1
    left = [(each.mark, each.at) for each in await entries(store, 0, 600)]
    assert left == [(Mark.LOGIN, at(0)), (Mark.STATE, at(5)), (Mark.STATE, at(90))]
    assert [each.key for each in await contacts(store, 0, 600)] == ["tr:WR2"]
    assert await heard(store) == []


async def test_what_is_known_of_contacts_is_kept_with_the_receipt(store):
    await keep(store, contacts={"tr:WT1": b"{}"}, conversations={"tr:CA1": "CA1"})
    await keep(store, contacts={"tr:WT1": b"[]"})
    assert await store.known_contacts(["tr:WT1", "tr:WT2"]) == {"tr:WT1": b"[]"}
    assert await store.conversations(["tr:CA1", "tr:CA2"]) == {"tr:CA1": "CA1"}


async def test_a_stores_own_key_stays_its_own(opened):
    store = await opened()
    key = await store.own_key("customer")
    store = await opened()
    assert await store.own_key("customer") == key
    assert len(key) == 32


async def test_what_replaces_a_queue_replaces_the_last_it_went_through(store):
    told = contact_event("a", 1, 5)
    told.data["contact"] |= {"queue": {"id": None, "name": "Billing"}}
    told.data["contact"]["journey"] |= {
        "replaced": {"queue": {"id": "WQ1", "name": "Sales"}},
        "is_sent_on": True,
    }
    plain = contact_event("b", 1, 6)
    plain.data["contact"]["journey"] |= {"is_transfer": True}
    await keep(store, told, plain)
    one, other = await contacts(store, 0, 60)
    assert [hop.queue for hop in one.hops] == [Named(None, "Billing")]
    assert (one.is_sent_on, one.is_transfer) == (True, False)
    assert [hop.queue for hop in other.hops] == [Named("WQ1", "Sales")]
    assert (other.is_sent_on, other.is_transfer) == (False, True)


def glimpse(minutes, of, word, agent="ann", source="flex"):
    return GlimpseEntry(f"flex:{agent}", source, at(minutes), of, word, is_live=True)


async def test_what_glimpses_told_counts_in_the_order_of_time_in_place_of_their_states(store):
    seen = agent_event(STATE, "ann", 9, "busy")
    await keep(store, seen, glimpses=(glimpse(9, "WR1", "active"),))
    late = (glimpse(1, ACTIVITY, "ready"), glimpse(5, "WR1", "offered"))
    await keep(store, agent_event(STATE, "ann", 10), glimpses=late)
    found = [(e.at, e.mark, e.status) for e in await entries(store, 4, 60)]
    assert found == [
        (at(1), Mark.LOGIN, Status.READY),
        (at(1), Mark.STATE, Status.READY),
        (at(5), Mark.STATE, Status.RESERVED),
        (at(9), Mark.STATE, Status.BUSY),
    ]


async def test_states_of_another_source_are_kept_beside_glimpses(store):
    told = (glimpse(1, ACTIVITY, "ready", source="tr"),)
    await keep(store, agent_event(STATE, "ann", 5, "not_ready"), glimpses=told)
    found = [(e.at, e.status) for e in await entries(store, 0, 60) if e.mark is Mark.STATE]
    assert found == [(at(1), Status.READY), (at(5), Status.NOT_READY)]


async def test_of_past_glimpses_the_last_activity_stays(store):
    told = [glimpse(minute, ACTIVITY, word) for minute, word in ((1, "ready"), (2, "not_ready"))]
    held = [glimpse(1, "WR1", "active"), glimpse(2, "WR1", "gone"), glimpse(90, "WR2", "active")]
    await keep(store, glimpses=(*told, *held))
    now = START + 70 * MINUTE
    while await store.prune_ledger(now, 60 * MINUTE):
        pass
    found = [(e.at, e.status) for e in await entries(store, 60, 120) if e.mark is Mark.STATE]
    assert found == [(at(2), Status.NOT_READY), (at(90), Status.BUSY)]


async def test_a_store_with_glimpses_is_sound(store):
    await keep(store, glimpses=(glimpse(1, ACTIVITY, "ready"), glimpse(2, ACTIVITY, "not_ready")))
    assert await store.check() == []
    while await store.prune_ledger(START + 70 * MINUTE, 60 * MINUTE):
        pass
    assert await store.check() == []


async def test_a_state_that_began_with_the_one_before_leaves_it_its_time(store):
    lunch = agent_event(STATE, "ann", 3, "not_ready", reason="Lunch")
    again = agent_event(STATE, "ann", 3, "busy", event_id="again")
    again.data["previous"] = {"status": "not_ready", "reason": None, "since": again.data["since"]}
    await keep(store, lunch, replace(again, time=START + 33 * MINUTE))
    found = [(each.at, each.status) for each in await entries(store, 0, 60)]
    assert found == [(at(3), Status.NOT_READY), (at(33), Status.BUSY)]

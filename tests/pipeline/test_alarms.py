"""From the facts to the alarms: each rule by a table of raised, not raised and undecided."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.model.alarm import Alarm, AlarmName, Severity, StandingAlarm
from gateway.model.event import THE_GATEWAY, EventType
from gateway.model.facts import DestinationFacts, Facts, Refusing, SourceFacts
from gateway.pipeline.alarms import judge
from gateway.pipeline.alert import alert

STARTED = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = STARTED + timedelta(hours=4)
RAISED, QUIET, UNDECIDED = "raised", "quiet", "undecided"


def ago(**given):
    return NOW - timedelta(**given)


def minutes(several):
    return timedelta(minutes=several)


def verdict(findings, name, place):
    if (name, place) in findings.undecided:
        return UNDECIDED
    return RAISED if [each for each in findings.raised if each.scope == (name, place)] else QUIET


def of_source(name, *, started_at=STARTED, jumped_at=None, **facts):
    sources = (SourceFacts(name="flex", **facts),)
    findings = judge(Facts(now=NOW, started_at=started_at, jumped_at=jumped_at, sources=sources))
    return verdict(findings, AlarmName(name), "flex")


def of_destination(name, *, started_at=STARTED, **facts):
    findings = judge(
        Facts(now=NOW, started_at=started_at, destinations=(DestinationFacts(name="wfm", **facts),))
    )
    return verdict(findings, AlarmName(name), "wfm")


EXPECTED = {"expect_every": minutes(5), "live_agents": 3, "heard_at": ago(minutes=4)}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, QUIET),
        ({"heard_at": ago(minutes=6)}, RAISED),
        ({"heard_at": ago(minutes=6), "live_agents": 0}, QUIET),
        ({"heard_at": ago(minutes=6), "live_agents": None}, UNDECIDED),
        ({"heard_at": ago(minutes=6), "expect_every": None}, QUIET),
        ({"heard_at": None}, RAISED),
        ({"heard_at": ago(minutes=6), "jumped_at": ago(minutes=4)}, UNDECIDED),
        ({"heard_at": ago(minutes=9), "jumped_at": ago(minutes=6)}, RAISED),
        ({"heard_at": NOW, "jumped_at": ago(minutes=4)}, QUIET),
        ({"heard_at": NOW + minutes(60), "jumped_at": ago(minutes=4)}, UNDECIDED),
        ({"heard_at": NOW + minutes(60), "jumped_at": ago(minutes=6)}, RAISED),
        ({"heard_at": None, "started_at": ago(minutes=4)}, UNDECIDED),
    ],
)
def test_a_silent_source(more, wanted):
    assert of_source("source_silent", **EXPECTED | more) == wanted


def refusing(seconds):
    return Refusing(ago(seconds=seconds), NOW, {"basic": 3, "network": 9})


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"refusing": refusing(60)}, RAISED),
        ({"refusing": refusing(59)}, UNDECIDED),
        ({"refusing": None, "heard_at": NOW}, QUIET),
        ({"refusing": None}, UNDECIDED),
    ],
)
def test_a_source_that_refuses_everything(more, wanted):
    assert of_source("source_refusing", **more) == wanted


def test_a_refusing_source_says_which_check_failed():
    facts = SourceFacts(name="flex", refusing=refusing(70))
    (alarm,) = judge(Facts(now=NOW, started_at=STARTED, sources=(facts,))).raised
    assert "network (9 times), basic (3 times)" in alarm.detail


@pytest.mark.parametrize(
    ("skew", "doubt", "wanted", "zone_wanted"),
    [
        (None, None, UNDECIDED, UNDECIDED),
        (minutes(0), None, QUIET, QUIET),
        (minutes(3), None, RAISED, QUIET),
        (-minutes(3), None, RAISED, QUIET),
        (minutes(1.5), None, UNDECIDED, QUIET),
        (minutes(60), "an hour late", QUIET, RAISED),
    ],
)
def test_clocks_and_zones(skew, doubt, wanted, zone_wanted):
    assert of_source("clock_skew", skew=skew, zone_doubt=doubt) == wanted
    assert of_source("time_zone", skew=skew, zone_doubt=doubt) == zone_wanted


@pytest.mark.parametrize(
    ("skew", "said"), [(minutes(3), "3m late"), (-minutes(3), "3m in the future")]
)
def test_a_skewed_clock_says_which_way(skew, said):
    facts = SourceFacts(name="flex", skew=skew)
    (alarm,) = judge(Facts(now=NOW, started_at=STARTED, sources=(facts,))).raised
    assert said in alarm.detail


AGENTS = (("flex:anna", ago(hours=13)), ("flex:ben", ago(hours=1)))


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, RAISED),
        ({"ghost_after": None}, QUIET),
        ({"ghost_after": timedelta(hours=14)}, QUIET),
        ({"live_agents": None}, UNDECIDED),
        ({"started_at": ago(minutes=14)}, UNDECIDED),
        ({"started_at": ago(minutes=16)}, RAISED),
    ],
)
def test_a_silent_agent(more, wanted):
    facts = {"ghost_after": timedelta(hours=12), "live_agents": 2, "silent_agents": AGENTS}
    assert of_source("agent_silent", **facts | more) == wanted


def test_only_the_agent_who_is_silent_for_too_long_is_told():
    source = SourceFacts(
        name="flex", ghost_after=timedelta(hours=12), live_agents=2, silent_agents=AGENTS
    )
    (alarm,) = judge(Facts(now=NOW, started_at=STARTED, sources=(source,))).raised
    assert (alarm.subject, alarm.place) == ("flex:anna", "flex")
    assert "12h" in alarm.detail


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, RAISED),
        ({"wrap_up_limit": None}, QUIET),
        ({"wrap_up_limit": timedelta(hours=14)}, QUIET),
        ({"live_agents": None}, UNDECIDED),
    ],
)
def test_after_call_work_that_does_not_end(more, wanted):
    facts = {"wrap_up_limit": minutes(30), "live_agents": 2, "wrapping": AGENTS}
    assert of_source("wrap_up_long", **facts | more) == wanted


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"grew_at": ago(minutes=14)}, RAISED),
        ({"grew_at": ago(minutes=16)}, QUIET),
        ({}, QUIET),
        ({"started_at": ago(minutes=5)}, UNDECIDED),
    ],
)
def test_what_grows(more, wanted):
    assert of_source("quarantine_growing", **more) == wanted
    assert of_destination("dead_letters", **more) == wanted


@pytest.mark.parametrize(
    ("is_parked", "wanted"), [(True, RAISED), (False, QUIET), (None, UNDECIDED)]
)
def test_a_parked_destination(is_parked, wanted):
    assert of_destination("destination_parked", is_parked=is_parked) == wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, UNDECIDED),
        ({"is_open": True, "open_since": ago(seconds=60)}, RAISED),
        ({"is_open": True, "open_since": ago(seconds=59)}, UNDECIDED),
        ({"is_open": False, "answers": True, "pending": 9}, QUIET),
        ({"is_open": False, "pending": 0}, QUIET),
        ({"is_open": False, "pending": 9}, UNDECIDED),
        ({"is_open": False, "answers": False, "pending": 9}, UNDECIDED),
    ],
)
def test_a_destination_that_is_down(facts, wanted):
    assert of_destination("destination_down", **facts) == wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"behind": None}, UNDECIDED),
        ({"behind": minutes(6)}, RAISED),
        ({"behind": minutes(4)}, UNDECIDED),
        ({"behind": minutes(1)}, QUIET),
        ({"behind": minutes(6), "is_open": True}, UNDECIDED),
        ({"behind": minutes(6), "is_parked": True}, UNDECIDED),
    ],
)
def test_a_destination_that_is_behind(facts, wanted):
    assert of_destination("destination_behind", **facts) == wanted


def test_a_store_that_cannot_write():
    facts = Facts(now=NOW, started_at=STARTED, store_problem="the disk is full")
    assert judge(facts).raised == [Alarm(AlarmName.STORE_UNAVAILABLE, "", "the disk is full")]
    assert judge(Facts(now=NOW, started_at=STARTED)).raised == []


def test_a_store_that_was_set_aside():
    (alarm,) = judge(Facts(now=NOW, started_at=STARTED, set_aside=("a.db.corrupt-1",))).raised
    assert alarm.name is AlarmName.STORE_SET_ASIDE
    assert "a.db.corrupt-1" in alarm.detail


@pytest.mark.parametrize(
    ("name", "subject", "source", "about"),
    [
        ("source_silent", "flex", "flex", {"source": "flex"}),
        ("agent_silent", "flex:7:8", "flex", {"source": "flex", "agent": "flex:7:8"}),
        ("destination_down", "wfm", THE_GATEWAY, {"destination": "wfm"}),
        ("store_unavailable", "", THE_GATEWAY, {}),
    ],
)
def test_an_alert_says_what_it_is_about(name, subject, source, about):
    standing = StandingAlarm(Alarm(AlarmName(name), subject, "why"), STARTED)
    raised = alert(standing, is_raised=True, now=NOW)
    nothing = dict.fromkeys(("source", "destination", "agent"))
    assert (raised.type, raised.source) == (EventType.ALERT, source)
    assert raised.data["about"] == nothing | about
    assert raised.data["runbook"] == f"docs/runbook.md#{name.replace('_', '-')}"
    cleared = alert(standing, is_raised=False, now=NOW)
    assert cleared.data["state"] == "cleared"
    assert cleared.data["since"] == raised.data["since"] == "2026-03-02T08:00:00.000Z"
    assert (cleared.subject, cleared.id != raised.id) == (raised.subject, True)
    assert alert(standing, is_raised=True, now=STARTED).id == raised.id


def test_what_loses_states_is_critical():
    assert AlarmName.SOURCE_SILENT.severity is Severity.CRITICAL
    assert AlarmName.WRAP_UP_LONG.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("owed", "pending", "said"),
    [
        (360.0, 900, ["360 requests a minute are owed and 300 allowed: 3600 more wait"]),
        (360.0, 200, []),
        (250.0, 900, []),
    ],
)
def test_a_destination_that_is_owed_more_than_it_allows_is_told_with_the_arithmetic(
    owed, pending, said
):
    facts = {"owed_a_minute": owed, "allowed_a_minute": 300.0, "pending": pending}
    wfm = DestinationFacts(name="wfm", **facts)
    found = judge(Facts(now=NOW, started_at=NOW, destinations=(wfm,))).raised
    assert [each.name.value for each in found] == ["destination_overloaded"] * len(said)
    assert all(each.detail.startswith(text) for each, text in zip(found, said, strict=True))

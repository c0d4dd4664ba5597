"""Whom an alert is owed to."""

from datetime import UTC, datetime

import pytest

from gateway.model.alarm import Alarm, AlarmName, StandingAlarm
from gateway.model.event import EventType
from gateway.pipeline.alert import alert
from gateway.pipeline.route import route
from tests.standins.delivery import destination_settings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATES = frozenset({EventType.STATE})
ALERTS = frozenset({EventType.ALERT})


@pytest.mark.parametrize(
    ("name", "subject", "events", "sources", "is_owed"),
    [
        ("source_silent", "flex", STATES, None, False),
        ("source_silent", "flex", ALERTS, None, True),
        ("source_silent", "flex", ALERTS, {"flex"}, True),
        ("source_silent", "flex", ALERTS, {"engage"}, False),
        ("agent_silent", "flex:7", ALERTS, {"engage"}, False),
        ("destination_down", "wfm", ALERTS, {"engage"}, True),
        ("store_unavailable", "", ALERTS, {"engage"}, True),
    ],
)
def test_an_alert_is_owed_to_whom_names_it(name, subject, events, sources, is_owed):
    event = alert(StandingAlarm(Alarm(AlarmName(name), subject, ""), NOW), is_raised=True, now=NOW)
    destination = destination_settings(
        events=events, sources=None if sources is None else frozenset(sources)
    )
    for unmapped in ("forward", "hold", "drop"):
        owed, dropped = route(event, [destination], unmapped)
        assert [each.destination for each in owed] == (["wfm"] if is_owed else [])
        assert dropped == ()
        for each in owed:
            assert (each.lane, each.held, each.collapses) == (event.subject, None, False)

"""What the bench says of what was sent and what arrived."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from benchmarks.bench.cases import Case
from benchmarks.bench.check import worse
from benchmarks.bench.figures import Cost, Phase, measured
from benchmarks.bench.goals import reached
from benchmarks.bench.servers.neutral import event_of, is_authentic, records_of
from benchmarks.bench.work import ENGAGE, FLEX, key_of, moment

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COST = Cost(contender=0.004, bench=0.5, machine=1.0, seconds=2.0)
MS = 1_000_000


def sent(agent, number, *, due, answered, status=200, records=1):
    return (due * MS, answered * MS, status, agent, records, number)


def arrived(agent, number, at, work=FLEX, destination="0"):
    record = work.record(agent, number, work.at(BEGAN, number))
    return (destination, *key_of(record), at * MS)


def figures(sends, arrivals, **case):
    return measured(Phase(Case("flex", "gateway", **case), BEGAN, 0), sends, arrivals, COST)


def test_what_was_accepted_and_did_not_arrive_is_lost():
    sends = [sent(1, n, due=10 * n, answered=10 * n + 2) for n in range(4)]
    found = figures(sends, [arrived(1, n, 10 * n + 5) for n in (0, 1, 3)])
    assert (found.accepted, found.lost, found.overtaken) == (4, 1, 0)


def test_what_was_refused_is_not_lost():
    found = figures([sent(1, 0, due=0, answered=2, status=503)], [])
    assert (found.refused, found.accepted, found.lost) == (1, 0, 0)


def test_a_record_that_was_under_way_with_a_newer_one_is_overtaken():
    sends = [sent(1, 0, due=0, answered=30), sent(1, 1, due=10, answered=20)]
    found = figures(sends, [arrived(1, 1, 25)])
    assert (found.lost, found.overtaken) == (0, 1)


def test_a_record_is_missed_at_each_destination():
    found = figures([sent(1, 0, due=0, answered=2)], [arrived(1, 0, 5)], destinations=3)
    assert found.lost == 2


def test_a_second_telling_is_repeated_and_counts_once():
    found = figures([sent(1, 0, due=0, answered=2)], [arrived(1, 0, 5), arrived(1, 0, 9)])
    assert (found.repeated, found.lost, found.delivery["p99"]) == (1, 0, 5.0)


def test_an_older_event_after_a_newer_one_of_its_agent_is_out_of_order():
    sends = [sent(1, n, due=n, answered=n + 2) for n in range(3)]
    found = figures(sends, [arrived(1, n, 10 + n) for n in (1, 0, 2)])
    assert found.out_of_order == 1


def test_times_count_from_when_a_post_was_due():
    found = figures([sent(1, 0, due=0, answered=40)], [arrived(1, 0, 60)])
    assert (found.ack["p50"], found.delivery["p50"]) == (40.0, 60.0)


def test_cpu_is_told_for_a_thousand_events_and_others_apart():
    found = figures([sent(1, 0, due=0, answered=2)], [arrived(1, 0, 5)])
    assert found.cpu_per_thousand == pytest.approx(4.0)
    assert found.others_cores == pytest.approx((1.0 - 0.5 - 0.004) / 2)


def test_agents_of_one_request_are_each_looked_for():
    sends = [sent(0, 0, due=0, answered=2, records=32)]
    found = figures(sends, [arrived(n, 0, 5) for n in range(31)], records=32)
    assert (found.accepted, found.lost) == (32, 1)


@pytest.mark.parametrize("work", [FLEX, ENGAGE])
def test_a_record_is_known_again_when_it_was_translated(work):
    record = work.record(7, 3, work.at(BEGAN, 3))
    agent, at = key_of(orjson.loads(event_of(work.source, record)))
    assert (agent, moment(at)) == (work.agent(7), work.at(BEGAN, 3))
    assert (agent, moment(key_of(record)[1])) == (work.agent(7), work.at(BEGAN, 3))


def test_what_is_sent_is_signed_and_of_the_size_that_is_told():
    signed = FLEX.request([FLEX.record(1, 1, BEGAN)])
    headers = {name.lower(): value for name, value in signed.headers.items()}
    assert is_authentic("flex", signed.query[1:], headers, signed.body)
    assert not is_authentic("flex", signed.query[1:], headers, signed.body + b" ")
    assert 1400 < len(signed.body) < 1600
    assert len(records_of(signed.body)) == 1


KEPT = {"cpu": 4.0, "pace": 0.5, "margin": 0.1, "pace_margin": 0.15}


@pytest.mark.parametrize(
    ("cpu", "pace", "problems"), [(4.3, 0.45, 0), (4.8, 0.5, 1), (4.0, 0.42, 1), (4.8, 0.4, 2)]
)
def test_the_check_is_red_for_a_fifth_and_not_for_a_little(cpu, pace, problems):
    assert len(worse({"cpu": cpu, "pace": pace}, KEPT)) == problems


def test_ratios_are_made_inside_a_round():
    def rounds(*paces):
        return [
            {"round": n, "peak_mib": 1, "phases": {"closed": {"events_per_second": pace}}}
            for n, pace in enumerate(paces)
        ]

    text = reached({"flex gateway": rounds(80, 8, 80), "flex relay": rounds(100, 10, 1000)})
    assert "| delivered events/s against the bare relay | at least 0.75 | 0.80 | reached |" in text

"""Contacts that were with many agents, and in many queues."""

from time import perf_counter

import pytest

from gateway.model.agent import Named
from gateway.model.contact import Insights, Step
from gateway.pipeline.track import Stamp, Surroundings, track_piece
from tests.pipeline.test_contacts import (
    KEY,
    RECEIVED,
    SALES,
    Ledger,
    agent_json,
    answered,
    piece,
)


@pytest.mark.parametrize("share", ["WR0", "WR999"])
def test_a_contact_that_many_declined_is_of_whoever_took_it(share):
    declined = [
        piece(step, at, agent="WK1", share=f"WR{number}")
        for number in range(100, 200)
        for step, at in ((Step.OFFERED, number * 12), (Step.DECLINED, number * 12 + 9))
    ]
    taken = answered(agent="WK2", share=share, at=2500, queue=SALES)
    pieces = [piece(Step.CREATED, 0), *declined, *taken, piece(Step.COMPLETED, 2600)]
    for several in (pieces, pieces[::-1], [*taken, *declined, *pieces]):
        ledger = Ledger().take(*several)
        (told,) = ledger.newest.values()
        seconds = told.data["contact"]["ring_seconds"], told.data["contact"]["talk_seconds"]
        assert (told.subject, *seconds) == ("flex:WK2", 5, 60)
        assert len(ledger.known["WT1"].shares) == 64


def test_a_contact_that_goes_round_many_queues_is_in_the_last_one():
    rounds = [piece(Step.QUEUED, 1 + at, queue=Named(f"WQ{at}")) for at in range(200)]
    ledger = Ledger().take(*rounds, piece(Step.CANCELED, 300, is_hang_up=True))
    (told,) = ledger.contacts.values()
    assert (told["queue"]["id"], told["queue_seconds"]) == ("WQ199", 299)
    assert len(told["journey"]["queues"]) == 64


def test_what_is_told_once_more_of_a_contact_of_many_hands_costs_next_to_nothing():
    shares = [
        each
        for number in range(64)
        for each in answered(agent=f"WK{number}", share=f"WR{number}", at=50.0 * number)
    ]
    ledger = Ledger().take(*shares, piece(Step.COMPLETED, 3300))
    told, known = len(ledger.events), ledger.known["WT1"]
    around = Surroundings(agent_json, ledger.conversations, KEY)
    began = perf_counter()
    for number in range(2000):
        said = Insights(joins=(f"CA{number}",)) if number % 2 else None
        again = piece(Step.UPDATED, 3301 + number / 1000, insights=said)
        tracked = track_piece(known, again, Stamp("tr", RECEIVED, b"again"), around)
        assert (tracked.events, tracked.known.told) == ((), known.told)
        known = tracked.known
    assert perf_counter() - began < 1.5  # several, where each has all segments made anew
    assert told >= 64

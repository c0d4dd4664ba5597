"""Which contacts are of one conversation, and of which customer."""

import pytest

from gateway.model.contact import Customer, Insights, Step
from gateway.pipeline.track import customer_id
from tests.pipeline.test_contacts import KEY, Ledger, piece


def test_contacts_of_one_conversation_find_each_other():
    one, other = Insights(joins=("KD1", "CA1")), Insights(joins=("CA1", "WT1"))
    ledger = Ledger().take(
        piece(Step.CANCELED, 5, insights=one),
        piece(Step.CANCELED, 9, task="WT2", insights=other),
        piece(Step.CANCELED, 12, task="WT3", insights=Insights(joins=("WT2",))),
        piece(Step.CANCELED, 12, task="WT4"),
    )
    found = {key: each["conversation_id"] for key, each in ledger.contacts.items()}
    assert found == {"WT1": "KD1", "WT2": "KD1", "WT3": "KD1", "WT4": "WT4"}


@pytest.mark.parametrize("first", [(), ("CA2",)])
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_that_a_contact_is_given_later_joins_it_too(first, order):
    before, after = Insights(joins=first), Insights(joins=("CA1", *first))
    one = [piece(Step.CANCELED, 5, insights=Insights(joins=("CA1",)), counts=True)]
    other = [
        piece(Step.CREATED, 1, task="WT2", insights=before if first else None),
        piece(Step.CANCELED, 9, task="WT2", insights=after, counts=True),
    ]
    ledger = Ledger().take(*[each for several in (one, other)[::order] for each in several])
    assert len({each["conversation_id"] for each in ledger.contacts.values()}) == 1
    ledger.take(piece(Step.QUEUED, 3, task="WT2", insights=before, counts=True))  # comes late
    assert len({each["conversation_id"] for each in ledger.contacts.values()}) == 1


def test_what_is_updated_after_the_end_joins_nothing():
    ledger = Ledger().take(
        piece(Step.CANCELED, 5, insights=Insights(joins=("CA1",)), counts=True),
        piece(Step.CANCELED, 6, task="WT2", insights=Insights(joins=("CA2",)), counts=True),
        piece(Step.UPDATED, 9, task="WT2", insights=Insights(joins=("CA1", "CA2"))),
    )
    found = {key: each["conversation_id"] for key, each in ledger.contacts.items()}
    assert found == {"WT1": "CA1", "WT2": "CA2"}


def customer_of(customer, *, task="WT1", joins=()):
    insights = Insights(joins=joins, customer=customer)
    ledger = Ledger().take(piece(Step.CANCELED, 5, task=task, insights=insights))
    return ledger.newest[task].data["customer"]["id"]


def test_a_customer_is_known_by_the_first_of_four_names():
    by_phone = customer_of(Customer(phone="+1 (555) 123-4567", email="a@example.com"))
    assert customer_of(Customer(external_id="+15551234567"), task="WT2") == by_phone
    by_email = customer_of(Customer(email="A@example.com"))
    assert customer_of(Customer(external_id="a@EXAMPLE.com", phone="+15551234567")) == by_email
    by_conversation = customer_of(Customer(), joins=("CA1",))
    assert customer_of(Customer(external_id="CA1"), task="WT2") == by_conversation
    assert len({by_phone, by_email, by_conversation}) == 3


def test_a_customers_id_tells_nothing_without_the_key():
    assert customer_id("+15551234567", KEY) != customer_id("+15551234567", b"l" * 32)
    insights = Insights(customer=Customer(phone="+15551234567"))
    (event,) = Ledger(b"").take(piece(Step.CANCELED, 5, insights=insights)).events
    assert event.data["customer"]["id"] is None

"""Every row of the seed documents' lists, their limits, and attributes that are none.

The tables here are written from the documents ("TaskRouter Data in Flex Insights", "Add Additional
TaskRouter Data"), not from the code.
"""

import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import Customer, Insights, Named, Overrides
from mappings.sources.taskrouter.insights import insights_of
from mappings.sources.taskrouter.insights_table import ROWS
from mappings.sources.taskrouter.options import TaskRouterOptions
from mappings.sources.taskrouter.people import identity_of

README = Path(__file__).parents[2] / "mappings/sources/taskrouter/README.md"
PHONE = "+15557654321"

# "Properties extracted from the TaskAttributes property": name, to what, for which calls.
TASK_ROWS = [
    ("from_country", "country", "inbound"),
    ("called", "phone", "outbound"),
    ("to_country", "country", "outbound"),
    ("to_city", "city", "outbound"),
    ("to_state", "state", "outbound"),
    ("caller_country", "country", "inbound"),
    ("from_zip", "zip", "inbound"),
    ("from", "phone", "inbound"),
    ("called_zip", "zip", "outbound"),
    ("caller_state", "state", "inbound"),
    ("to_zip", "zip", "outbound"),
    ("called_country", "country", "outbound"),
    ("from_city", "city", "inbound"),
    ("called_city", "city", "outbound"),
    ("caller_zip", "zip", "inbound"),
    ("called_state", "state", "outbound"),
    ("from_state", "state", "inbound"),
    ("caller", "phone", "inbound"),
    ("caller_city", "city", "inbound"),
    ("to", "phone", "outbound"),
]
NOT_USED = ["call_status", "account_sid", "api_version"]
JOINS = ["flexInteractionSid", "call_sid", "transfer_sid", "previous_task_sid"]
"""Best first, behind `conversations.conversation_id`."""

# "Add Custom Attributes and Measures": `conversations`.
TEXTS = {
    "abandoned_phase": "Queue",
    "activity": "On a Break",
    "campaign": "Pension Insurance 2",
    "case": "Retention #24567",
    "content": "bonus retention",
    **{f"conversation_attribute_{n}": f"Attribute Value {n}" for n in range(1, 11)},
    "destination": "External Queue",
    "external_contact": "+18001234567",
    "followed_by": "External Transfer",
    "handling_department_id": "1",
    "handling_department_name_in_hierarchy": "Company ▸ Department 1",
    "handling_team_name_in_hierarchy": "London ▸ Sales ▸ Sales 2",
    "hang_up_by": "Customer",
    "in_business_hours": "Yes",
    "initiated_by": "Customer",
    "initiative": "Leader in Insurance",
    "ivr_path": "1 ▸ 2",
    "language": "English",
    "order": "1",
    "preceded_by": "Warm Transfer",
    "productive": "Yes",
    "service_level": "OK",
    "source": "Waiting Room",
    "virtual": "No",
}
LABELS = {f"conversation_label_{n}": f"Label {n}" for n in range(1, 11)}
MEASURES = {
    "activity_time": 7,
    "average_response_time": 13,
    **{f"conversation_measure_{n}": 100 + n for n in range(1, 11)},
    "first_response_time": 30,
    "focus_time": 20,
    "hold_time": 0,
    "ivr_time": 2.5,
}
RECORDING = f"https://api.twilio.com/2010-04-01/Accounts/AC{'X' * 32}/Recordings/RE{'X' * 32}"
OVERRIDES = [
    ("segment_link", RECORDING, "recording_url", RECORDING),
    ("abandoned", "No", "abandoned", False),
    ("abandoned", "Yes", "abandoned", True),
    ("channel", "Call", "channel", "Call"),
    ("direction", "Outbound", "direction", "outbound"),
    ("outcome", "Retention - Success", "outcome", "Retention - Success"),
    ("queue", "Outbound Dialer - England", "queue", "Outbound Dialer - England"),
    ("workflow", "Outbound UK", "workflow", "Outbound UK"),
    ("hold_time", 0, "hold_seconds", 0),
    ("ivr_time", "12.5", "ivr_seconds", 12.5),
    ("handling_team_id", "2", "team", Named("2", None)),
]

# The union of both lists of `customers`.
CUSTOMER_FIELDS = {
    "name": "John Doe",
    "category": "VIP",
    "email": "john.doe@gmail.com",
    "external_id": "YourIdToLinkCustomers",
    "phone": "+44xxxxxxxxx",
    "zip": "ZC000000",
}
CUSTOMER_ATTRIBUTES = {
    "customer_link": "https://crm.company.com/customer/123",
    "customer_attribute_1": "Attribute Value 1",
    "customer_attribute_2": "Attribute Value 2",
    "customer_attribute_3": "Attribute Value 3",
    "acquisition_date": "2019-03-02",
    "customer_manager": "Financial Partners Corp.",
    "gender": "Male",
    "geo_location": "-22.5743922;17.0790688",
    "market_segment": "Pensioners",
    "organization": "Prosperity Inc.",
    "year_of_birth": "1947",
}
CUSTOMER_LABELS = {f"customer_label_{n}": f"Label {n}" for n in range(1, 4)}
CUSTOMER_MEASURES = {"acquisition_cost": 150, "business_value": 7500}

# "Enhance your Agent Data": worker attributes.
WORKER_FIELDS = {
    "agent_id": ("Custom Agent ID 123", "external_id"),
    "full_name": ("Mary Smith", "name"),
    "email": ("mary.smith@company.com", "email"),
    "location": ("London", "location"),
    "manager": ("Adam Shepherd", "manager"),
    "phone": ("+15555555555", "phone"),
    "role": ("Agent - Level 2", "role"),
}
WORKER_ATTRIBUTES = {
    **{f"agent_attribute_{n}": f"Attribute {n}" for n in (1, 2, 3)},
    **{f"agent_label_{n}": f"Label {n}" for n in (1, 2, 3)},
    "department_name_in_hierarchy": "London ▸ Sales",
    "state": "Active",
    "team_name_in_hierarchy": "London ▸ Sales ▸ Sales 2",
}
NOTHING = Insights()


def told(*, customer=True, text=True, **attributes):
    return insights_of(json.dumps(attributes), customer=customer, text=text)


def of_conversation(*, text=True, **attributes):
    return told(conversations=attributes, text=text)


def of_customer(**attributes):
    return told(customers=attributes).customer


# One row each.


@pytest.mark.parametrize(("name", "field", "direction"), TASK_ROWS)
def test_every_row_of_a_tasks_attributes(name, field, direction):
    other = {"inbound": "outbound", "outbound": "inbound"}[direction]
    found = told(direction=direction, **{name: " Berlin "})
    assert found.direction == direction
    assert found.customer == Customer(**{field: "Berlin"})
    assert found.customer_address == ("Berlin" if field == "phone" else None)
    assert told(direction=other, **{name: "Berlin"}).customer is None
    without = told(**{name: "Berlin"})
    assert without.direction is None
    assert (without.customer is not None) == (direction == "inbound")


@pytest.mark.parametrize("name", NOT_USED)
def test_rows_that_are_not_used(name):
    assert told(**{name: "anything"}) == NOTHING


@pytest.mark.parametrize(
    ("word", "direction"),
    [("inbound", "inbound"), ("Outbound", "outbound"), ("sideways", None), (1, None)],
)
def test_the_row_direction(word, direction):
    assert told(direction=word).direction == direction


@pytest.mark.parametrize("name", JOINS)
def test_every_row_that_joins(name):
    is_transfer = name in {"transfer_sid", "previous_task_sid"}
    assert told(**{name: "WT1"}) == Insights(joins=("WT1",), is_transfer=is_transfer)


def test_the_conversations_own_id_is_the_best_name_for_it():
    names = {name: f"of {name}" for name in reversed(JOINS)}
    found = told(**names, conversations={"conversation_id": "mine"})
    assert found.joins == ("mine", *(f"of {name}" for name in JOINS))
    assert told(call_sid="CA1", conversations={"conversation_id": "CA1"}).joins == ("CA1",)


@pytest.mark.parametrize(("name", "value"), TEXTS.items())
def test_every_text_of_a_conversation(name, value):
    assert of_conversation(**{name: value}) == Insights(text=((name, value),))
    assert of_conversation(**{name: value}, text=False) == NOTHING


def test_a_department_has_a_name_only_beside_its_id():
    name, known_as = "handling_department_name", "handling_department_id"
    assert of_conversation(**{name: "Department 1"}) == NOTHING
    both = {known_as: "1", name: "Department 1"}
    assert dict(of_conversation(**both).text) == both


@pytest.mark.parametrize(("name", "value"), LABELS.items())
def test_every_label_of_a_conversation(name, value):
    assert of_conversation(**{name: value}) == Insights(labels=((name, value),))
    assert of_conversation(**{name: value}, text=False) == NOTHING


@pytest.mark.parametrize(("name", "value"), MEASURES.items())
@pytest.mark.parametrize("is_text", [True, False])
def test_every_measure_of_a_conversation(name, value, is_text):
    found = of_conversation(**{name: str(value) if is_text else value}, text=False)
    assert found.measures == ((name, value),)
    assert (found.text, found.labels) == ((), ())


@pytest.mark.parametrize(("name", "value", "field", "expected"), OVERRIDES)
def test_every_override_of_a_conversation(name, value, field, expected):
    found = of_conversation(**{name: value})
    assert found.overrides == Overrides(**{field: expected})
    assert (found.text, found.labels) == ((), ())
    assert dict(found.measures) == ({name: expected} if name.endswith("_time") else {})


def test_a_team_has_a_name_only_beside_its_id():
    assert of_conversation(handling_team_name="Sales 2") == NOTHING
    both = of_conversation(handling_team_id=2, handling_team_name="Sales 2")
    assert both.overrides.team == Named("2", "Sales 2")


@pytest.mark.parametrize(("name", "value"), CUSTOMER_FIELDS.items())
def test_every_field_of_a_customer(name, value):
    assert of_customer(**{name: value}) == Customer(**{name: value})


@pytest.mark.parametrize(("name", "value"), CUSTOMER_ATTRIBUTES.items())
def test_every_attribute_of_a_customer(name, value):
    assert of_customer(**{name: value}) == Customer(attributes=((name, value),))


@pytest.mark.parametrize(("name", "value"), CUSTOMER_LABELS.items())
def test_every_label_of_a_customer(name, value):
    assert of_customer(**{name: value}) == Customer(labels=((name, value),))


@pytest.mark.parametrize(("name", "value"), CUSTOMER_MEASURES.items())
def test_every_measure_of_a_customer(name, value):
    assert of_customer(**{name: value}) == Customer(measures=((name, value),))
    assert of_customer(**{name: str(value)}) == Customer(measures=((name, value),))


@pytest.mark.parametrize(("name", "value", "field"), [(n, *v) for n, v in WORKER_FIELDS.items()])
def test_every_field_of_a_worker(name, value, field):
    assert getattr(worker(**{name: value}), field) == value


@pytest.mark.parametrize(("name", "value"), WORKER_ATTRIBUTES.items())
def test_every_attribute_of_a_worker(name, value):
    assert worker(**{name: value}).attributes == ((name, value),)


@pytest.mark.parametrize("kind", ["team", "department"])
def test_every_team_of_a_worker(kind):
    both = worker(**{f"{kind}_id": "2", f"{kind}_name": "Sales 2"})
    assert getattr(both, kind) == Named("2", "Sales 2")
    assert getattr(worker(**{f"{kind}_name": "Sales 2"}), kind) is None


def worker(**attributes):
    return identity_of("WK1", {"attributes": json.dumps(attributes)}, TaskRouterOptions())


# Rules.


def test_what_the_customers_object_says_goes_before_the_call():
    found = told(**{"from": PHONE}, from_zip="10115", customers={"phone": "+44", "zip": "ZC0"})
    assert (found.customer.phone, found.customer.zip) == ("+44", "ZC0")
    assert found.customer_address == PHONE


def test_from_goes_before_caller_and_caller_stands_in_for_it():
    assert told(**{"from": PHONE, "caller": "+44"}).customer.phone == PHONE
    assert told(**{"from": "", "caller": "+44"}).customer.phone == "+44"


def test_the_direction_of_the_call_says_whose_number_is_whose():
    call = {"from": "+1", "to": "+2"}
    assert told(**call, direction="inbound").customer_address == "+1"
    assert told(**call, direction="outbound").customer_address == "+2"
    told_over = {"direction": "Outbound"}
    assert told(**call, direction="inbound", conversations=told_over).customer_address == "+1"
    assert told(**call, conversations=told_over).customer_address == "+2"
    assert {told(**call, direction=each).dialed_number for each in ("inbound", "outbound")} == {
        "+2"
    }


def test_without_the_customer_nothing_of_them_is_told():
    everything = {name: PHONE for name, *_ in TASK_ROWS} | {
        "customers": CUSTOMER_FIELDS | CUSTOMER_ATTRIBUTES | CUSTOMER_LABELS | CUSTOMER_MEASURES
    }
    for direction in ("inbound", "outbound", None):
        found = told(**everything, direction=direction, customer=False)
        assert found == Insights(direction=direction)


def test_everything_at_once_in_any_order():
    given_ = TEXTS | LABELS | MEASURES | {"handling_department_name": "Department 1"}
    found = of_conversation(**given_)
    again = of_conversation(**dict(reversed(given_.items())))
    assert found == again
    assert [len(found.text), len(found.labels), len(found.measures)] == [
        len(given_) - 26,
        10,
        16,
    ]
    assert set(dict(found.text)) == {*TEXTS, "handling_department_name"}


def test_a_text_ends_after_128_characters():
    assert of_conversation(case="y" * 129).text == (("case", "y" * 128),)
    assert of_conversation(case="y" * 128).text == (("case", "y" * 128),)
    assert of_customer(name="▸" * 200).name == "▸" * 128
    assert told(call_sid="C" * 200).joins == ("C" * 128,)
    assert told(**{"from": "9" * 200}).customer_address == "9" * 128
    assert of_conversation(queue="q" * 200).overrides.queue == "q" * 128


@pytest.mark.parametrize("name", ["acquisition_date", "year_of_birth"])
@pytest.mark.parametrize(
    ("date", "is_told"),
    [
        ("1900", False),
        ("1901", True),
        (2049, True),
        ("2050", False),
        ("1900-12-31", False),
        ("1901-01-01T00:00:00Z", True),
        ("20491231", True),
        ("12/31/2049", True),
        ("31.12.2050", False),
        ("190", False),
        ("20190", False),
        ("soon", False),
    ],
)
def test_a_date_lies_in_1901_to_2049(name, date, is_told):
    assert of_customer(**{name: date}) == (
        Customer(attributes=((name, str(date)),)) if is_told else None
    )


@pytest.mark.parametrize("name", ["conversation_measure_1", "hold_time", "focus_time"])
@pytest.mark.parametrize("value", [True, False, math.nan, math.inf, -math.inf, "nan", "inf", ""])
@pytest.mark.parametrize("also", [None, [1], {"a": 1}, "twelve", "1" * 400, PHONE])
def test_what_is_no_number_is_no_measure(name, value, also):
    for each in (value, also):
        assert of_conversation(**{name: each}) == NOTHING


def test_a_duration_is_not_negative():
    assert of_conversation(hold_time=-1, ivr_time="-1", activity_time=-1) == NOTHING
    assert of_conversation(conversation_measure_1=-1).measures == (("conversation_measure_1", -1),)


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com/1",
        "ftp://example.com/1",
        "javascript:alert(1)",
        "https:///1",
        "https://[",
        "https://example.com/a b",
        "https://example.com/" + "x" * 2100,
        7,
    ],
)
def test_a_link_is_an_https_address(link):
    assert of_conversation(segment_link=link) == NOTHING
    assert of_customer(customer_link="http://crm.company.com") is None


def test_a_long_link_is_not_cut():
    link = "https://example.com/" + "x" * 500
    assert of_conversation(segment_link=link).overrides.recording_url == link


@pytest.mark.parametrize("word", ["", "maybe", True, 1, None])
def test_abandoned_is_yes_or_no(word):
    assert of_conversation(abandoned=word) == NOTHING


def test_what_was_not_kept_is_not_told():
    masked = {name: "***" for name, *_ in TASK_ROWS}
    conversation = dict.fromkeys([*TEXTS, *LABELS, *MEASURES, "conversation_id"], "***")
    customer = dict.fromkeys([*CUSTOMER_FIELDS, *CUSTOMER_ATTRIBUTES], "***")
    assert told(**masked, conversations=conversation, customers=customer) == NOTHING


def test_names_that_nobody_knows_are_ignored():
    unknown = {"conversation_attribute_11": "x", "conversation_label_0": "x", "token": "x"}
    assert of_conversation(**unknown, conversation_measure_11=1) == NOTHING
    assert told(token="x", From="x", conversation_id="x", conversationSid="x") == NOTHING
    assert of_customer(customer_attribute_4="x", password="x", city="x") is None


# Whatever they are.


@pytest.mark.parametrize(
    "attributes",
    [
        *(None, 7, b"{}", [], "", "null", "[]", "{broken", "{a=b}", "[" * 5000, "***"),
        '{"conversations": 7, "customers": [1]}',
        '{"conversations": "{}", "customers": null}',
        '{"from": {"from": "+1"}, "to": ["+1"], "direction": {}, "call_sid": [1]}',
        '{"from": "' + "x" * 70_000 + '"}',
    ],
)
def test_attributes_that_are_none_tell_nothing(attributes):
    assert insights_of(attributes, customer=True, text=True) == NOTHING


def test_a_number_without_end_is_none():
    endless = {"call_sid": 10**5000, "conversations": {"order": 10**5000, "ivr_time": 10**5000}}
    assert insights_of(endless, customer=True, text=True) == NOTHING


def test_attributes_that_are_json_of_json_are_read():
    text = json.dumps(json.dumps({"from": PHONE}))
    assert insights_of(text, customer=True, text=True).customer_address == PHONE
    assert insights_of({"from": PHONE}, customer=True, text=True).customer_address == PHONE


NAMES = [
    *(name for name, *_ in TASK_ROWS),
    *(*JOINS, "direction", "conversations", "customers", "conversation_id"),
    *(*TEXTS, *LABELS, *MEASURES, *(name for name, *_ in OVERRIDES)),
    *(*CUSTOMER_FIELDS, *CUSTOMER_ATTRIBUTES, *CUSTOMER_LABELS, *CUSTOMER_MEASURES),
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**200)
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Nd", "Zs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8)
    ),
    max_leaves=20,
)
OBJECT = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=12)


@given(
    attributes=ANYTHING
    | st.text()
    | st.fixed_dictionaries({"conversations": OBJECT, "customers": OBJECT}),
    customer=st.booleans(),
    text=st.booleans(),
)
def test_whatever_they_are_what_is_told_can_be_written_down(attributes, customer, text):
    found = insights_of(attributes, customer=customer, text=text)
    assert json.dumps(asdict(found), ensure_ascii=False).encode()
    assert customer or (found.customer, found.customer_address, found.dialed_number) == (None,) * 3
    assert text or (found.text, found.labels) == ((), ())
    numbers = [value for _, value in found.measures]
    assert all(math.isfinite(value) for value in numbers)
    texts = [*(value for _, value in (*found.text, *found.labels)), *found.joins]
    assert all(0 < len(value.encode("utf-16-le")) <= 4 * 128 for value in texts)


def test_the_readme_names_every_row():
    told = README.read_text()
    for rows in ROWS.values():
        for row in rows:
            kind, _, number = row.name.rpartition("_")
            assert f"{row.name}`" in told or (number.isdecimal() and f"{kind}_1` to `_" in told)

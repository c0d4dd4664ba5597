"""The operator's table from statuses and reasons to a vendor's codes."""

import pytest

from gateway.mapping import States, StateTable
from gateway.mapping.states import table_in

TABLE = {"ready": "A", "not_ready:Lunch": "L", "not_ready:*": "AUX", "*:Training": "T"}


def data(status, label=None, code=None):
    reason = {"code": code, "label": label} if label or code else None
    return {"status": status, "reason": reason}


def table(given=None, **more):
    return StateTable(States().deserialize(TABLE if given is None else given).codes, **more)


@pytest.mark.parametrize(
    ("status", "label", "code", "wanted"),
    [
        ("ready", None, None, "A"),
        ("ready", "Chat only", None, "A"),
        ("not_ready", "LUNCH", "WA1", "L"),
        ("not_ready", " lunch ", None, "L"),
        ("not_ready", None, "lunch", "L"),
        ("not_ready", "Tea", "WA2", "AUX"),
        ("busy", "Training", None, "T"),
        ("busy", "Tea", None, None),
        ("unknown", None, None, None),
    ],
)
def test_the_closest_entry_names_a_state(status, label, code, wanted):
    told = data(status, label, code)
    assert table().code(told) == wanted
    assert table().names(told) == (wanted is not None)


@pytest.mark.parametrize("key", ["*", "*:*", " * "])
def test_the_fallback_is_told_of_what_nothing_names(key):
    with_fallback = table(TABLE | {key: 9})
    assert with_fallback.told(data("busy", "Tea")) == "9"
    assert with_fallback.told(data("not_ready", "Tea")) == "AUX"
    assert not with_fallback.names(data("busy", "Tea"))


def test_without_a_fallback_our_words_are_told():
    assert table({}).told(data("not_ready", "Tea", "WA2")) == "not_ready:Tea"
    assert table({}, by="code", separator="/").told(data("not_ready", "Tea", "WA2")) == (
        "not_ready/WA2"
    )
    assert table({}, by=None).told(data("not_ready", "Tea")) == "not_ready"
    assert table({}).told(data("busy", "Tea")) == "busy"
    assert table({}).told({"status": None, "reason": None}) == "unknown"


def test_what_another_option_names_goes_before_the_fallback():
    both = table({"*": "9"}, others={"logged_out": "OFF"})
    assert both.told(data("logged_out")) == "OFF"
    assert both.names(data("logged_out"))
    named = table({"logged_out": "GONE"}, others={"logged_out": "OFF"})
    assert named.told(data("logged_out")) == "GONE"


def test_options_without_a_table_have_none():
    assert table_in(object()) is None
    assert table_in({"states": StateTable()}) is None

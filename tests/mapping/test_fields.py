"""Fields of a record, and what is wrong with them."""

import pytest
from marshmallow import Schema, ValidationError

from gateway.mapping import Fields, Status, Statuses, comparable, flag, measure, number


def fields(**raw):
    return Fields(raw, "records[3]", [])


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (" a ", "a"),
        (7, "7"),
        (10**30, "1" + "0" * 30),
        (1.5, "1.5"),
    ],
)
def test_texts(told, text):
    record = fields(name=told)
    assert record.text("name") == text
    assert record.flaws == []


@pytest.mark.parametrize("told", [True, [], {}, [1]])
def test_what_is_no_text(told):
    record = fields(name=told)
    assert record.text("name") is None
    assert [str(each) for each in record.flaws] == ["records[3].name: Must be a text or null."]


@pytest.mark.parametrize("told", [7, True, [], "soon"])
def test_what_is_no_time(told):
    record = fields(at=told)
    assert record.time("at") is None
    assert [each.path for each in record.flaws] == ["records[3].at"]


def test_paths_of_what_is_within():
    record = fields(one={"a": []}, many=[{"b": {}}, 7, None])
    record.child("one").text("a")
    for each in record.children("many"):
        each.text("b")
    assert [each.path for each in record.flaws] == [
        "records[3].one.a",
        "records[3].many[0].b",
        "records[3].many[1]",
    ]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("75", 75),
        (75, 75),
        (17.5, 17.5),
        (-1, -1),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ("nan", None),
        ("1e400", None),
        (10**400, None),
        (10**30, None),
    ],
)
def test_numbers(told, value):
    assert number(told) == value
    assert measure(told) == (None if value == -1 else value)


@pytest.mark.parametrize(
    ("told", "value"),
    [(1, True), ("1", True), (True, True), ("TRUE", True), (0, False), ("0", False), (2, None)],
)
def test_flags(told, value):
    assert flag(told) is value


def test_comparable_words():
    words = ("ON BREAK", "On Break", "on-break", " on_ break ")
    assert {comparable(each) for each in words} == {"ONBREAK"}


class Options(Schema):
    statuses = Statuses(key=comparable)


def test_statuses():
    loaded = Options().load({"statuses": {"On Break": "not_ready", 861: "busy"}})
    assert loaded == {"statuses": {"ONBREAK": Status.NOT_READY, "861": Status.BUSY}}


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"Lunch": "eating"},
        {"Lunch": None},
        {"Lunch": ["ready"]},
        {" ": "ready"},
        {True: "ready"},
        {None: "ready"},
        {"On Break": "ready", "ON-BREAK": "busy"},
    ],
)
def test_statuses_that_are_wrong(table):
    with pytest.raises(ValidationError):
        Options().load({"statuses": table})

"""A quick value is the frozen dataclass that it was, and cheaper to make."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields
from dataclasses import replace as slow_replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.agent import Identity, Snapshot, Status
from gateway.model.values import Word, quick, replace


@dataclass(frozen=True, slots=True)
class Slow:
    a: int
    b: str = "b"
    c: tuple = ()
    d: list = field(default_factory=list)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    a: int
    b: str = "b"
    c: tuple = ()
    d: list = field(default_factory=list)


VALUES = {
    "a": st.integers(0, 9),
    "b": st.text(),
    "c": st.tuples(st.integers(0, 9)),
    "d": st.lists(st.none()),
}
REST = {name: VALUES[name] for name in "bcd"}
SOME = st.fixed_dictionaries({"a": VALUES["a"]}, optional=REST)


def told(value):
    return {each.name: getattr(value, each.name) for each in fields(value)}


def test_nothing_inherits_from_it():
    with pytest.raises(TypeError, match="Heir may not inherit: hold a Quick instead"):
        type("Heir", (Quick,), {})


@given(SOME, st.fixed_dictionaries({}, optional=VALUES))
def test_it_has_the_fields_that_the_slow_one_has(given_fields, changes):
    quickly, slowly = Quick(**given_fields), Slow(**given_fields)
    assert told(quickly) == told(slowly)
    assert repr(quickly).removeprefix("Quick") == repr(slowly).removeprefix("Slow")
    assert orjson.dumps(quickly) == orjson.dumps(slowly)
    assert told(replace(quickly, **changes)) == told(slow_replace(slowly, **changes))
    assert told(slow_replace(quickly, **changes)) == told(replace(slowly, **changes))
    assert quickly == Quick(*told(quickly).values())
    assert told(quickly) == told(slowly), "a change is of the copy alone"


@pytest.mark.parametrize(
    "made",
    [Quick(1), replace(Quick(1), a=2), copy.copy(Quick(1)), pickle.loads(pickle.dumps(Quick(1)))],
)
def test_nothing_changes_it(made):
    for name in ("a", "other"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(made, name, 1)
    with pytest.raises(FrozenInstanceError):
        del made.a
    assert type(made) is Quick


def test_each_has_a_list_of_its_own():
    assert Quick(1).d is not Quick(1).d


def test_it_is_what_its_fields_are():
    known = Identity("A1", "p", name="Ann")
    assert hash(known) == hash(replace(known, name="Bob") and Identity("A1", "p", name="Ann"))
    assert Snapshot(Status.READY) != Snapshot(Status.BUSY)


def test_it_wants_its_arguments_as_before():
    assert inspect.signature(Quick) == inspect.signature(Slow).replace(return_annotation=None)
    for wrong in ({}, {"a": 1, "e": 2}):
        with pytest.raises(TypeError):
            Quick(**wrong)
    with pytest.raises(AttributeError):
        replace(Quick(1), e=2)


def test_what_is_more_than_its_fields_cannot_be_quick():
    @dataclass(frozen=True, slots=True)
    class More:
        a: int

        def __post_init__(self):
            """Do more."""

    with pytest.raises(TypeError, match="More"):
        quick(More)


def test_a_word_is_its_value():
    class Colour(Word):
        RED = "red"

    assert Colour.RED.word == Colour.RED.value == "red"
    assert type(Colour.RED.word) is str
    assert Colour("red") is Colour.RED
    assert [*Colour] == [Colour.RED]

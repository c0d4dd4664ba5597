"""Parameters of forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import ContentError, form_fields
from gateway.mapping.parameters import MAX_FORM_FIELDS, form_pairs

PIECES = st.sampled_from(
    ["a", "B1", "=", "&", "+", "%41", "%C3%A9", "%e9", "%", "%4", "%zz", " ", "é"]
)


def slowly(body):
    try:
        return {name.decode(): value.decode() for name, value in form_pairs(body)}
    except UnicodeDecodeError:
        return None


def quickly(body):
    try:
        return form_fields(body)
    except ContentError:
        return None


@given(st.lists(PIECES, max_size=12))
def test_fields_are_the_pairs_as_texts(pieces):
    body = "".join(pieces).encode()
    assert quickly(body) == slowly(body)


@pytest.mark.parametrize("name", ["a", "é"])
def test_too_many_fields_are_refused(name):
    fields = f"{name}=1&".encode() * MAX_FORM_FIELDS
    assert form_fields(fields[:-1])
    with pytest.raises(ContentError, match="more than"):
        form_fields(fields)

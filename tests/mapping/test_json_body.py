"""JSON bodies are read strictly and exactly, whichever reader does it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping import ContentError, read_json
from gateway.mapping.json_body import DEEPEST, is_too_deep

LONG = 202006302131470132090000083238


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"id": %d}' % LONG, {"id": LONG}),
        (b"[-%d]" % LONG, [-LONG]),
        (b"%d" % LONG, LONG),
        (b"[1,\n%d]" % LONG, [1, LONG]),
        (b"[18446744073709551616]", [18446744073709551616]),
        (b'{"id": "%d"}' % LONG, {"id": str(LONG)}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"[1e400, -1e400]", ["1e400", "-1e400"]),
        (b"[" + b"1" * 4300 + b"]", [int("1" * 4300)]),
        (b"1" * 5000, "1" * 5000),
        (b"[-1" + b"1" * 5000 + b", 1.5]", ["-1" + "1" * 5000, 1.5]),
        (b'"a\\ud800b\\udc00\\udbff"', "a\ufffdb\ufffd\ufffd"),
        (b'{"\\udc00": ["\\ud83d\\ude00", 1]}', {"\ufffd": ["\U0001f600", 1]}),
        (b"[" * DEEPEST + b"]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
        (b'["' + b"[{" * 100 + b'\\"' + b"[{" * 100 + b'"]', ["[{" * 100 + '"' + "[{" * 100]),
    ],
)
def test_what_is_read(body, value):
    assert read_json(body) == value


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b"[Infinity]", "not JSON"),
        (b"[-Infinity]", "not JSON"),
        (b'["\\ud800", NaN]', "not JSON"),
        (b"[1e400, Infinity]", "not JSON"),
        (b'["\\ud800', "not JSON"),
        (b'["\\ud800", "\n"]', "not JSON"),
        (b'["\\ud800", 01]', "not JSON"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "levels"),
        (b"[" * 100_000, "levels"),
        (b'{"a":' * 100_000, "levels"),
        (b'{"a":' + b"[" * 80 + b"]" * 80 + b',"a":1}', "levels"),
        (b"[]]" + b"[" * 70, "levels"),
        (b'["a", "' + b'\\"' * 70 + b"[" * 70, "not JSON"),
    ],
)
def test_what_is_refused(body, word):
    with pytest.raises(ContentError, match=word) as raised:
        read_json(body)
    assert raised.value.status == 400


def nested(levels):
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("hidden", [b"", b',"]]]"', b',{"a":[[]],"a":1}'])
def test_depth_is_told_to_the_level(hidden):
    rest = b',"[","{"' + b",[]" * DEEPEST + hidden + b"]"
    read_json(b"[" + nested(DEEPEST - 1) + rest)
    with pytest.raises(ContentError, match="levels"):
        read_json(b"[" + nested(DEEPEST) + rest)


def test_a_bomb_of_quotes_costs_one_pass():
    assert not is_too_deep(b'"' + b'\\"[' * 1_000_000)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**40), 10**40)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    )
)
def test_it_reads_what_the_standard_library_writes(value):
    assert read_json(json.dumps(value).encode()) == value

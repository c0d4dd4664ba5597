"""Every promise names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES = (ROOT / "docs" / "promises.md").read_text()
ROWS = re.findall(r"^\| (\d+) \| .* \| (`tests/.*`) \|$", PROMISES, re.MULTILINE)
TESTS = [
    (number, *test)
    for number, named in ROWS
    for test in re.findall(r"`(tests/\S+\.py)::(\w+)`", named)
]


@pytest.mark.parametrize(("number", "path", "name"), TESTS)
def test_the_test_of_a_promise_is_there(number, path, name):
    tree = ast.parse((ROOT / path).read_text())
    names = {each.name for each in ast.walk(tree) if hasattr(each, "name")}
    assert name in names, f"promise {number}"


def test_promises_are_numbered_without_a_gap():
    assert [int(number) for number, _ in ROWS] == list(range(1, len(ROWS) + 1))
    assert len(ROWS) > 30

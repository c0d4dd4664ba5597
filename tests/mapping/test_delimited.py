"""Texts of strangers as they go into files that people open."""

import pytest

from gateway.mapping import is_formula, label


@pytest.mark.parametrize("text", ["=1", "=1.5", "@1", "=cmd()", "-a1", "+1+1", " =1", "\n=1"])
def test_no_cell_is_a_formula(text):
    assert is_formula(text.strip())
    assert label(text, ";", 30) == f"'{text.strip()}"


@pytest.mark.parametrize("text", ["+15551234567", "-1", "1=1", "a+b", "Sales"])
def test_a_number_with_its_sign_is_none(text):
    assert label(text, ";", 30) == text

"""A file with thirty faults: every one is told at once, in the file's order, word for word."""

from pathlib import Path
from shutil import copy

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

HERE = Path(__file__).parent


def test_every_fault_of_a_bad_file_is_listed_word_for_word(tmp_path, monkeypatch):
    copy(HERE / "bad.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as raised:
        load(Path("bad.yaml"), installed(), {})
    assert list(raised.value.problems) == (HERE / "bad.txt").read_text().splitlines()
    assert "hunter2" not in str(raised.value)

"""The roster: read as spreadsheets write it, never replaced by a worse one."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.roster import RosterFiles, read_roster
from gateway.model.errors import ConfigurationError

HEADER = "source,agent_id,wfm_id,name\n"


def rows(count, first=1):
    return "".join(f"flex,WK{n},{2000 + n},Agent {n}\n" for n in range(first, first + count))


@pytest.fixture
def file(tmp_path):
    """Write a roster file; each time with a time of its own, as an editor would."""
    path = tmp_path / "agents.csv"
    ticks = iter(range(1, 1000))

    def write(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (10**9 + next(ticks),) * 2)
        return path

    return write


def names(raw, file):
    path = file(raw)
    entries, problems = read_roster([path])
    assert problems == []
    return {key[1]: (each.wfm_id, each.name) for key, each in entries.items()}


@pytest.mark.parametrize(
    "raw",
    [
        "source,agent_id,wfm_id,name\nflex,007,0042,Zoë\n".encode(),
        "source;agent_id;wfm_id;name\r\nflex;007;0042;Zoë\r\n\r\n".encode("utf-8-sig"),
        "Source ; Agent_ID;WFM_id;name\n flex ; 007 ; 0042 ; Zoë \n".encode("latin-1"),
        b'source,agent_id,wfm_id,name\n"flex","007","0042","Zo\xeb"\n',
    ],
)
def test_what_spreadsheets_write_is_read(raw, file):
    assert names(raw, file) == {"007": ("0042", "Zoë")}


def test_an_agent_without_a_wfm_id_is_unmapped(file):
    assert names(HEADER + "flex,WK1,,\n", file) == {"WK1": ("", None)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("source,wfm_id\nflex,1\n", "the column agent_id is missing"),
        (HEADER.strip() + ",badge\n", "unknown column 'badge'"),
        ("source,agent_id,wfm_id,wfm_id\n", "stands there twice"),
        (HEADER + "flex,WK1,2001\n", ":2: 3 cells for 4 columns"),
        (HEADER + ",WK1,2001,\n", ":2: no source"),
        (HEADER + rows(1) + rows(1), ":3: agent WK1 of source flex stands there a second time"),
        (HEADER + 'flex,"WK1,2001,\n', "is not CSV"),
    ],
)
def test_a_wrong_file_stops_the_start_with_file_and_line(content, said, file):
    with pytest.raises(ConfigurationError) as raised:
        RosterFiles([file(content)])
    assert any(said in each for each in raised.value.problems), raised.value.problems


def test_a_changed_file_is_read_again_and_says_who_changed(file):
    roster = RosterFiles([file(HEADER + rows(10))])
    assert roster.reload_if_changed() is None
    file(HEADER + rows(10).replace(",2003,", ",9003,") + rows(1, 11))
    assert roster.reload_if_changed().agents == {("flex", "WK3"), ("flex", "WK11")}
    assert roster.entry("flex", "WK3").wfm_id == "9003"
    assert roster.entry("flex", "WK99") is None


@pytest.mark.parametrize("content", [HEADER + rows(8), HEADER, HEADER + rows(10) + "flex\n", ""])
def test_a_worse_file_is_refused_and_the_old_one_kept(content, file):
    roster = RosterFiles([file(HEADER + rows(10))])
    file(content)
    assert roster.reload_if_changed().refused
    assert len(roster) == 10
    assert roster.reload_if_changed() is None


def test_a_few_rows_fewer_are_accepted(file):
    roster = RosterFiles([file(HEADER + rows(10))])
    file(HEADER + rows(9))
    assert roster.watch() is True
    assert len(roster) == 9


def test_a_file_that_vanishes_leaves_the_old_entries(file):
    path = file(HEADER + rows(3))
    roster = RosterFiles([path])
    path.unlink()
    assert roster.watch() is False
    assert len(roster) == 3
    file(HEADER + rows(4))
    assert roster.watch() is True


@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_entries_or_problems(raw, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "agents.csv"
    path.write_bytes(raw)
    entries, problems = read_roster([path])
    assert bool(entries) or bool(problems) or raw.lower().strip().startswith(b"source")

"""`states` is the same table in every mapping that tells a vendor's codes."""

import pytest

from gateway.mapping import Request, Told
from gateway.mapping.registry import installed

OPTIONS = {
    "argus_wfmcc": {"system_id": "made-up"},
    "assembled": {},
    "calabrio_rta_json": {"authentication_key": "made-up", "source_id": "1"},
    "calabrio_rta_soap": {"authentication_key": "made-up", "source_id": "1"},
    "http_json": {"body": {"code": "{state_code}"}},
}
MAPPINGS = installed().destinations
LUNCH = {"code": "WA1", "label": "Lunch"}


def made(name, **options):
    mapping = MAPPINGS[name]
    return mapping, mapping.options().load(OPTIONS[name] | options)


def body(name, status, reason, **options):
    mapping, loaded = made(name, **options)
    event = {
        "id": "e1",
        "type": "wfm.agent.state.v1",
        "time": "2026-03-02T13:00:00.000Z",
        "data": {"status": status, "reason": reason, "since": None, "agent": {"id": "7"}},
    }
    request = mapping.step((Told(event, "2001"),), {}, None, loaded)
    assert isinstance(request, Request)
    return request.body.decode()


def test_every_mapping_with_a_table_is_looked_at():
    with_table = {name for name, each in MAPPINGS.items() if "states" in each.options().fields}
    assert {name for name in with_table if MAPPINGS[name].package.startswith("mappings.")} == set(
        OPTIONS
    )


@pytest.mark.parametrize("name", OPTIONS)
def test_names_wildcards_and_the_fallback_are_told(name):
    table = {"not_ready:lunch": "CODE-1", "*:Training": "CODE-2", "*": "CODE-3"}
    assert "CODE-1" in body(name, "not_ready", LUNCH, states=table)
    assert "CODE-2" in body(name, "unknown", {"code": None, "label": "Training"}, states=table)
    assert "CODE-3" in body(name, "busy", None, states=table)


@pytest.mark.parametrize("name", OPTIONS)
def test_what_is_told_without_a_code_is_what_the_report_says(name):
    mapping, loaded = made(name)
    for status, reason in (("not_ready", LUNCH), ("ready", LUNCH), ("busy", None)):
        word = mapping.states(loaded).told({"status": status, "reason": reason})
        assert word.startswith(status)
        assert f'"{word}"' in body(name, status, reason) or f">{word}<" in body(
            name, status, reason
        )


@pytest.mark.parametrize("name", set(OPTIONS) - {"http_json"})
def test_who_is_logged_out_needs_no_line(name):
    mapping, loaded = made(name, states={"*": "OTHER"})
    assert mapping.states(loaded).names({"status": "logged_out", "reason": None})


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/{state_code}"},
        {"query": {"at": "{state_code|words}"}, "tables": {"words": {}}},
        {"headers": {"X-Code": "is {state_code}"}},
        {"body": [{"deep": {"when": "state_code", "is": ["L"], "then": 1}}]},
        {"skip": [{"state_code": ["L"]}]},
    ],
)
def test_a_template_that_tells_the_code_wherever_has_a_table(options):
    mapping, loaded = made("http_json", **{"body": {}} | options)
    assert mapping.states(loaded) is loaded.states


@pytest.mark.parametrize("given", [{"body": {"state_code": "{data.status}"}}, {"body": [1, None]}])
def test_a_template_that_tells_no_code_has_none(given):
    mapping, loaded = made("http_json", **given)
    assert mapping.states(loaded) is None

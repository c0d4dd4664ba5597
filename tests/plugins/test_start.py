"""Plugins that cannot be used: told in words by every verb, and no other mapping suffers."""

import json

import pytest

from tests.acceptance.process import Gateway
from tests.plugins.installing import beside

CONFIG = """
server: {port: 0}
admin: {port: 0}
store: {path: gateway.db}
sources: {flex: {type: flex_rta, auth: {type: none}}}
"""
GOOD = """
from dataclasses import replace
from mappings.destinations.cloudevents import MAPPING as EVENTS
MAPPING = replace(EVENTS, name="acme", api=%d)
"""


def laid_out(folder, module, code):
    """Lay out a distribution of one module as pip does; return the folder that it is in."""
    folder = folder / module
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(code)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    text = f"[gateway.destination_mappings]\nacme = {module}:MAPPING\n"
    (info / "entry_points.txt").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (["import no_such_module"], "cannot be loaded: ModuleNotFoundError("),
        (["raise SystemExit"], "cannot be loaded: SystemExit()"),
        ([GOOD % 2], "is written for version 2 of the plugin API; this gateway knows 1"),
        ([GOOD % 1, GOOD % 1], "the name is taken twice; uninstall one of the two"),
        (["MAPPING = 'acme'"], "is a str, not a DestinationMapping"),
    ],
    ids=["import", "exit", "api", "twice", "kind"],
)
async def test_it_is_told_and_stops_the_start(tmp_path, codes, words):
    targets = [laid_out(tmp_path, f"acme_{n}", code) for n, code in enumerate(codes)]
    gateway = Gateway(tmp_path, CONFIG, beside(*targets))
    gateway.config_path.write_text(CONFIG)
    start = ["serve"] if len(codes) > 1 else ["mappings", "check", "acme"]
    for verb in (["check"], start, ["mappings", "list"]):
        code, out, err = await gateway.run(*verb)
        said = out + err
        assert code == 1
        for number in range(len(codes)):
            where = f"plugin acme (acme_{number}:MAPPING, of acme_{number} 1.0): {words}"
            assert where in said, verb
        assert "Traceback" not in said
        assert ("flex_rta" in out) == (verb == ["mappings", "list"])


async def test_the_other_mappings_can_be_checked(tmp_path):
    gateway = Gateway(tmp_path, CONFIG, beside(laid_out(tmp_path, "acme_0", "1 / 0")))
    code, out, err = await gateway.run("mappings", "check", "cloudevents")
    assert (code, out.splitlines()[-1]) == (0, "cloudevents: all right"), err


async def test_what_it_cannot_promise_is_listed_with_its_reason(tmp_path):
    code = GOOD % 1 + "MAPPING = replace(MAPPING, waived={'pure': 'it wants a nonce'})\n"
    gateway = Gateway(tmp_path, CONFIG, beside(laid_out(tmp_path, "acme_0", code)))
    code, out, err = await gateway.run("mappings", "list")
    assert code == 0, err
    (line,) = [each for each in out.splitlines() if "it wants a nonce" in each]
    assert line.split()[:3] == ["acme", "destination", "pure"]
    code, out, _ = await gateway.run("--json", "mappings", "list")
    rows = {each["name"]: each["waived"] for each in json.loads(out)}
    assert rows["acme"] == {"pure": "it wants a nonce"}
    assert rows["cloudevents"] == {}
    _, page, _ = await gateway.run("mappings", "list", "--markdown")
    assert "| `acme` | pure | it wants a nonce |" in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("class S(S):\n    def load(self, *_, **__): raise KeyError('x')\n", "KeyError"),
        ("CHOICES = {'max_batch_of': lambda _: 0}\n", "no clock, or no size of batches"),
        ("CHOICES = {'clock_of': lambda _: 1 / 0}\n", "ZeroDivisionError"),
    ],
)
async def test_one_that_fails_on_its_options_is_told_by_their_place(tmp_path, more, words):
    code = (
        "from marshmallow import Schema as S\nCHOICES = {}\n"
        + more
        + GOOD % 1
        + "MAPPING = replace(MAPPING, options=S, **CHOICES)\n"
    )
    gateway = Gateway(tmp_path, CONFIG, beside(laid_out(tmp_path, "acme_0", code)))
    destination = "destinations: {wfm: {mapping: acme, url: 'https://x.example'}}\n"
    gateway.config_path.write_text(CONFIG + destination)
    code, out, err = await gateway.run("check")
    assert (code, "destinations.wfm.options: mapping acme failed: " in out) == (1, True), out + err
    assert words in out
    assert "internal error" not in err

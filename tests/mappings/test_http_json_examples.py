"""The worked examples, as they stand in `config/examples`, put to their endpoints."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.http.transport import HttpTransport
from gateway.mapping import Settlement, Told, Verdict
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from gateway.pipeline.judge import judge
from gateway.pipeline.render import envelope, outgoing
from tests.standins.home_made import HomeMadeStandIn
from tests.standins.playvox import PlayvoxLikeStandIn
from tests.standins.verint import VerintStandIn

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
KEY = "made-up-key"
ENVIRONMENT = dict.fromkeys(("FLEX_TOKEN", "VERINT_KEY", "PLAYVOX_TOKEN", "FLOOR_KEY"), KEY)


def destination_of(name, vendor):
    urls = {f"{each}_URL": vendor.url for each in ("VERINT", "PLAYVOX", "FLOOR")}
    settings = load(EXAMPLES / f"{name}.yaml", installed(), ENVIRONMENT | urls)
    (destination,) = settings.destinations.values()
    return destination


def told(second, status, kind="state", label=None):
    at = f"2026-03-02T12:00:{second:02}.000Z"
    data = {"status": status, "since": at, "reason": {"code": None, "label": label}}
    return Told({"id": "e", "type": f"wfm.agent.{kind}.v1", "time": at, "data": data}, "2001")


DAY = (
    told(1, "ready", "login"),
    told(2, "ready"),
    told(3, "not_ready", label="Lunch"),
    told(4, "busy"),
    told(5, "logged_out"),
    told(6, "logged_out", "logout"),
)


async def verdicts(name, vendor, events=DAY):
    """Tell the endpoint of these, as far as the destination is told of them."""
    destination = destination_of(name, vendor)
    mapping, found = destination.mapping, []
    transport = HttpTransport.to(destination)
    for number, each in enumerate(each for each in events if each.type in destination.events):
        step = mapping.step((each,), {}, None, destination.options)
        if not isinstance(step, Settlement):
            request = outgoing(step, envelope(destination), f"key-{number}")
            answer = await transport.send(request)
            step = mapping.step((each,), {}, answer, destination.options)
            found.append((step.judgements or (judge(answer),))[0].verdict)
        else:
            found.append(step.judgements[0].verdict)
    await transport.close()
    return found


async def test_the_ten_published_fields():
    async with VerintStandIn(header=("X-Feed-Key", KEY)) as vendor:
        assert await verdicts("verint_fields", vendor) == [
            *[Verdict.DELIVERED] * 4,
            Verdict.UNSUPPORTED,
            Verdict.DELIVERED,
        ]
        shown = [
            (each["eventType"], each["agentMode"], each["reasonCode"]) for each in vendor.events
        ]
        assert shown == [(26, 1, ""), (28, 1, ""), (28, 5, "LUNCH"), (28, 2, ""), (27, 27, "")]
        assert (vendor.refused, vendor.oddities) == ([], [])


async def test_an_endpoint_like_playvox():
    users = {"2001": "2001"}
    names = ("user", "status", "since")
    path = "/made-up/agent-status"
    async with PlayvoxLikeStandIn(path=path, token=KEY, users=users, names=names) as vendor:
        assert await verdicts("playvox_like", vendor) == [Verdict.DELIVERED] * 4
        assert vendor.states == {"2001": "Offline"}
        assert vendor.refused == []


async def test_one_made_at_home_that_answers_in_its_body():
    async with HomeMadeStandIn(key=KEY, site="graz", people={"2001"}) as vendor:
        assert await verdicts("home_made", vendor, DAY[:4]) == [Verdict.DELIVERED] * 3
        assert vendor.states == {"2001": ("talks", "")}
        stranger = replace(DAY[1], identity="nobody")
        assert await verdicts("home_made", vendor, (stranger,)) == [Verdict.HOLD]
        vendor.is_busy = True
        assert await verdicts("home_made", vendor, DAY[1:2]) == [Verdict.RETRY]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('body: {a: {b: "{data.stats}"}}', "options.body.a.b: There is no {data.stats}"),
        ('body: {a: "{time|local}"}', "options.body.a: There is no filter local"),
        ("body: [{when: kind, then: 1}]", "options.body[0].is: Must be a list of values"),
        ("body: {a: [1]}, form: true", "options.body: Of a form it must be one object"),
        ("dates: {local: {format: x, zone: Grz}}", "zone: Not a zone; valid: UTC"),
        ("answers: [{means: done, status: [200]}]", "options.answers[0].means"),
        ("answers: [{means: hold}]", "options.answers[0].status: Give a status, or a field"),
        ("skip: [{data.stats: [a]}]", "There is no data.stats."),
    ],
)
def test_what_is_wrong_is_told_by_its_line(tmp_path, wrong, said):
    text = (EXAMPLES / "home_made.yaml").read_text()
    start = text.index("    options:")
    path = tmp_path / "gateway.yaml"
    path.write_text(f"{text[:start]}    options: {{{wrong}}}\n")
    with pytest.raises(ConfigurationError) as refused:
        load(path, installed(), ENVIRONMENT | {"FLOOR_URL": "http://127.0.0.1:9"})
    (line,) = refused.value.problems
    assert said in line
    assert f"gateway.yaml:{text[:start].count(chr(10)) + 1}: " in line

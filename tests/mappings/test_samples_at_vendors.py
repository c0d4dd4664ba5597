"""Every request in a mapping's samples, put to the stand-in of its vendor: one line each."""

import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict
from yarl import URL

from tests.standins.argus import ArgusStandIn
from tests.standins.asked import Asked
from tests.standins.assembled import AssembledStandIn
from tests.standins.calabrio import CalabrioStandIn
from tests.standins.calabrio_soap import CalabrioSoapStandIn
from tests.standins.door import Mood

DESTINATIONS = Path(__file__).parents[2] / "mappings" / "destinations"
KEY_AS_USER = f"Basic {b64encode(b'made-up:').decode()}"
"""What the destination's `auth` adds for a vendor that wants it."""

AGENTS = ("as-1", "as-2", "as-3", "2001", "2002")


def _assembled(unverified_times="date-time", **_):
    people = {each: {} for each in AGENTS}
    return AssembledStandIn(
        key="made-up", agents=people, takes_unverified=True, bulk_times=unverified_times
    )


VENDORS = {
    "argus_wfmcc": lambda **_: ArgusStandIn(),
    "assembled": _assembled,
    "calabrio_rta_json": lambda **_: CalabrioStandIn(key="made-up", sources={"1"}, is_older=True),
    "calabrio_rta_soap": lambda **_: CalabrioSoapStandIn(key="made-up", sources={"1"}),
}
SAMPLES = [
    (name, path)
    for name in VENDORS
    for path in sorted((DESTINATIONS / name / "samples").glob("*.out.json"))
]


def requests_in(value):
    """Return every request that a sample tells of, wherever it stands."""
    if isinstance(value, dict) and {"method", "path", "body"} <= set(value):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for part in inner for each in requests_in(part)]


def asked(vendor, told):
    """Make the request that the gateway would send to this vendor."""
    query = f"?{urlencode(told['query'])}" if told["query"] else ""
    body = told["body"] if isinstance(told["body"], str) else json.dumps(told["body"])
    ours = [("Content-Type", told["content_type"]), ("Authorization", KEY_AS_USER)]
    headers = CIMultiDict([*told["headers"], *ours])
    target = URL(vendor.url).raw_path.rstrip("/") + told["path"] + query
    return Asked(told["method"], target, headers, body.encode())


@pytest.mark.parametrize(("name", "path"), SAMPLES, ids=lambda each: getattr(each, "stem", each))
def test_the_vendor_takes_what_a_sample_sends(name, path):
    asking = json.loads(path.with_name(path.name.replace(".out.", ".in.")).read_text())
    vendor = VENDORS[name](**asking["options"])
    sample = json.loads(path.read_text())
    told = requests_in(sample)
    answered = [vendor.hear(asked(vendor, each), Mood.FINE) for each in told]
    assert [each for each in answered if each.status not in (200, 202)] == []
    assert bool(told) == ("settled" not in sample)

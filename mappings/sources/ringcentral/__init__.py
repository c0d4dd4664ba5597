"""RingCentral Engage Voice / RingCX, WFM events: logins, logouts, states, ends of calls."""

from gateway.mapping import SourceMapping
from mappings.sources.ringcentral.compose import compose
from mappings.sources.ringcentral.events import PLATFORM, translate
from mappings.sources.ringcentral.options import RingCentralSchema
from mappings.sources.ringcentral.requests import split

MAPPING = SourceMapping(
    name="ringcentral",
    version="1",
    platform=PLATFORM,
    options=RingCentralSchema,
    split=split,
    translate=translate,
    compose=compose,
    methods=frozenset({"GET", "POST"}),
    echo_header="validation-token",
    package=__name__,
)

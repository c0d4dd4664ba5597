"""RingCentral Engage Voice / RingCX, WFM events: logins, logouts, states, ends of calls."""

from gateway.mapping import SourceMapping
from mappings.sources.ringcentral.compose import compose
from mappings.sources.ringcentral.events import PLATFORM, translate
from mappings.sources.ringcentral.options import RingCentralSchema, zone
from mappings.sources.ringcentral.requests import split
from mappings.sources.ringcentral.telling import FIELDS

MAPPING = SourceMapping(
    name="ringcentral",
    version="1",
    platform=PLATFORM,
    options=RingCentralSchema,
    split=split,
    translate=translate,
    compose=compose,
    zone=zone,
    methods=frozenset({"GET", "POST"}),
    echo_header="validation-token",
    query_names=FIELDS,
    package=__name__,
)

"""Twilio Flex, WFM real-time adherence feed: each record a full picture of one agent."""

from gateway.mapping import SourceMapping
from mappings.sources.flex_rta.compose import compose
from mappings.sources.flex_rta.envelope import split
from mappings.sources.flex_rta.picture import translate
from mappings.twilio.activities import PLATFORM, FlexSchema

MAPPING = SourceMapping(
    name="flex_rta",
    version="1",
    platform=PLATFORM,
    options=FlexSchema,
    split=split,
    translate=translate,
    compose=compose,
    package=__name__,
)

"""Twilio TaskRouter: event callbacks and Event Streams, each event one piece of an agent."""

from gateway.mapping import SourceMapping
from mappings.sources.taskrouter.compose import compose
from mappings.sources.taskrouter.glimpse import translate
from mappings.sources.taskrouter.requests import split
from mappings.twilio.activities import PLATFORM, FlexSchema

MAPPING = SourceMapping(
    name="taskrouter",
    version="1",
    platform=PLATFORM,
    options=FlexSchema,
    split=split,
    translate=translate,
    compose=compose,
    package=__name__,
)

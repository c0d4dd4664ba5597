"""Twilio TaskRouter: event callbacks and Event Streams, each event one piece of an agent."""

from gateway.mapping import ReadMapping, SourceMapping
from mappings.sources.taskrouter import reading
from mappings.sources.taskrouter.compose import compose
from mappings.sources.taskrouter.glimpse import translate
from mappings.sources.taskrouter.keeping import keep
from mappings.sources.taskrouter.options import TaskRouterSchema, wanting
from mappings.sources.taskrouter.requests import split
from mappings.twilio.activities import PLATFORM

MAPPING = SourceMapping(
    name="taskrouter",
    version="1",
    platform=PLATFORM,
    options=TaskRouterSchema,
    split=split,
    translate=translate,
    compose=compose,
    keep=keep,
    wanting=wanting,
    reading=ReadMapping(
        endpoint=reading.endpoint,
        everybody=reading.everybody,
        agent=reading.agent,
        found=reading.found,
    ),
    package=__name__,
)

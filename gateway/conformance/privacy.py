"""What of an event and of the options may not be seen."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.conformance.telling import sent
from gateway.engine.preview import preview
from gateway.mapping.destination import Told
from gateway.model.errors import MappingError
from gateway.model.event import event_from_envelope
from gateway.model.secret import Secret, secrets_in
from gateway.pipeline.render import redacted
from gateway.settings import DestinationAuth, DestinationSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.conformance.samples import Sample
    from gateway.conformance.telling import DestinationSubject

PERSONAL = "Personal-Datum"
SECRET_NAME = re.compile(r"passw|secret|token|credential|private|api_?key|authentication_?key")
NOT_SECRET = re.compile(r"url|name|type|header|_in\Z|expires")


def personal_problems(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """Yield what is told of a person though the destination includes nothing."""
    scene = subject.scene(sample)
    told = tuple(_marked(each) for each in scene.told)
    without = tuple(Told(redacted(dict(each.event), frozenset()), each.identity) for each in told)
    try:
        subject.step(replace(scene, told=told))
    except MappingError:
        return
    try:
        step = subject.step(replace(scene, told=without))
    except MappingError as problem:
        yield f"cannot do without personal data: {problem}"
        return
    found = re.search(rf"{PERSONAL}-(\w+)", sent(step))
    if found:
        yield f"tells {found[1]}, which is not included"


def _marked(told: Told) -> Told:
    event = copy.deepcopy(dict(told.event))
    data = event["data"]
    for holder, names in (
        (data.get("agent"), ("name", "email", "phone")),
        (data.get("contact"), ("customer_address", "recording_url", "disposition")),
        (data.get("customer"), ("id", "name", "phone", "email")),
    ):
        if isinstance(holder, dict):
            holder |= {name: f"{PERSONAL}-{name}" for name in names}
    return Told(event, told.identity)


def secret_problems(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """Yield where a secret among the options can be read."""
    raw, options = subject.options_of(sample), subject.loaded(sample)
    secrets = [each.reveal() for each in secrets_in(options)]
    for name, value in raw.items():
        is_secret = SECRET_NAME.search(name) and not NOT_SECRET.search(name)
        if is_secret and isinstance(value, str) and value not in secrets:
            yield f"the option {name} is not loaded as a Secret (SecretField)"
    if any(each in repr(options) for each in secrets):
        yield "the options show a secret when they are printed"
    yield from _in_a_dry_run(subject, sample, options, secrets)


def _in_a_dry_run(
    subject: DestinationSubject, sample: Sample, options: Any, secrets: list[str]
) -> Iterator[str]:
    events = [event_from_envelope(each["event"]) for each in sample.value["tell"]]
    for previewed in preview(events, _settings(subject, options)):
        shown = [*previewed.problems]
        if previewed.request is not None:
            request = previewed.request
            shown += [request.url, *(value for _, value in request.headers)]
            shown.append(request.body.decode("utf-8", "backslashreplace"))
        if any(each in text for each in secrets for text in shown):
            yield "a dry run shows a secret"


def _settings(subject: DestinationSubject, options: Any) -> DestinationSettings:
    mapping = subject.mapping
    return DestinationSettings(
        name="dry-run",
        mapping=mapping,
        url="https://vendor.example",
        auth=DestinationAuth("bearer", (("Authorization", Secret("Bearer a-made-up-token")),)),
        options=options,
        events=mapping.events,
        sources=None,
        include=frozenset(),
        identify_by=("wfm_id", "external_id", "id"),
        superseded="send",
        stale_after=None,
    )

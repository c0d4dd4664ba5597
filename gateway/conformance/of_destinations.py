"""What every destination mapping keeps."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.conformance import damage
from gateway.conformance.kept import Check
from gateway.conformance.privacy import personal_problems, secret_problems
from gateway.conformance.samples import RECEIVED_AT
from gateway.conformance.telling import DestinationSubject, Scene, alone, scene_of, sent
from gateway.conformance.words import UNHEARD
from gateway.mapping.destination import Request, Settlement, Told, Verdict, max_batch_of
from gateway.mapping.sound import sound_judgement, sound_request, sound_standing
from gateway.model.delivery import Answer
from gateway.model.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.conformance.samples import Sample

IDENTITIES = (None, "", " ", "x" * 5000, "\x00", "a/../b?c#d&e=f", '"<&>', "é漢😀", "a\r\nX: y")
STATUSES = (0, 200, 202, 204, 207, 301, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
OK = range(200, 300)
STATE = "wfm.agent.state.v1"
MOST_STEPS = 8
CROWD = 7


def _total(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    options = subject.loaded(sample)
    for words, value in _damaged(sample.value):
        try:
            subject.step(scene_of(value, options))
        except MappingError:
            continue
        except Exception as problem:  # noqa: BLE001 - that is what is looked for
            yield f"{words}: raises {type(problem).__name__}: {problem}"


def _damaged(sample: Any) -> Iterator[tuple[str, Any]]:
    """Yield the sample, its first event damaged. Texts are Unicode and numbers JSON's: nothing
    else is in the store.
    """
    yield "as it is", sample
    first = sample["tell"][0]
    for words, data in damage.damaged_values(first["event"]["data"], "data", wild=False):
        event = first["event"] | {"data": data}
        yield words, _with_first(sample, first | {"event": event})
    for each in IDENTITIES:
        yield f"identity = {each!r:.20}", _with_first(sample, first | {"identity": each})


def _with_first(sample: Any, told: Any) -> Any:
    return sample | {"tell": [told, *sample["tell"][1:]]}


def _answers(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """Whatever the vendor answers is judged; what cannot be parsed by its status alone."""
    scene = subject.scene(sample)
    for body in (b"", *damage.BODIES):
        for status in STATUSES:
            answer = Answer(status, body if status else b"", error=None if status else "timeout")
            words = f"{status} with {body[:20]!r}"
            try:
                problem = _judged(subject, scene, answer)
            except Exception as raised:  # noqa: BLE001 - likewise
                problem = f"raises {type(raised).__name__}: {raised}"
            if problem:
                yield f"{words}: {problem}"


def _judged(subject: DestinationSubject, scene: Scene, answer: Answer) -> str | None:
    """Answer everything with the same, until it is settled."""
    try:
        asked = step = subject.step(scene)
        memory = None
        for _ in range(MOST_STEPS):
            if isinstance(step, Settlement):
                return _misjudged(asked, step, answer)
            memory = memory if step.memory is None else step.memory
            asked, step = step, subject.step(scene, answer, memory)
    except MappingError:
        return None
    return f"does not come to an end within {MOST_STEPS} requests"


def _misjudged(asked: Any, settled: Settlement, answer: Answer) -> str | None:
    """A body that is no message of any kind tells nothing: the status does."""
    is_a_telling = isinstance(asked, Request) and asked.method not in ("GET", "HEAD")
    if not (answer.status in OK and is_a_telling and answer.body in damage.BODIES[-9:]):
        return None
    verdicts = {each.verdict for each in settled.judgements or ()}
    if verdicts <= {Verdict.DELIVERED}:
        return None
    return f"judged {', '.join(sorted(verdicts))}, though its status says delivered"


def _unknown_words(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """A state nobody has heard of is told, or settled as unsupported: it is no error."""
    scene = subject.scene(sample)
    for number, told in enumerate(scene.told):
        if told.event["type"] != STATE:
            continue
        for words, data in _unheard(told.data):
            changed = replace(
                alone(scene, number), told=(Told({**told.event, "data": data}, told.identity),)
            )
            try:
                subject.step(alone(scene, number))
            except MappingError:
                continue
            try:
                subject.step(changed)
            except MappingError as problem:
                yield f"{words} is refused: {problem}"


def _unheard(data: Any) -> Iterator[tuple[str, Any]]:
    reason = {"code": UNHEARD, "label": UNHEARD}
    yield f"a reason {UNHEARD!r}", {**data, "reason": reason}
    yield "no reason", {**data, "reason": None}
    for status in ("unknown", "not_ready", "reserved", "after_call_work"):
        yield f"the status {status}", {**data, "status": status, "reason": reason}


def _stable_ids(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """What is told again under another id is comparable with what was told before."""
    scene = subject.scene(sample)
    again = tuple(
        Told(
            {**each.event, "id": "0" * 32, "recordedtime": "2026-03-02T14:00:00.000Z"},
            each.identity,
        )
        for each in scene.told
    )
    try:
        first, second = subject.step(scene), subject.step(replace(scene, told=again))
    except MappingError:
        return
    if isinstance(first, Request) and isinstance(second, Request) and first.parts != second.parts:
        yield "the same told again under another event id has other parts"


def _no_batches(subject: DestinationSubject) -> str | None:
    return "it takes no batches" if subject.mapping.max_batch == 1 else None


def _order(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """In a batch stand the events in their order, each with the part that it has alone."""
    scene = subject.scene(sample)
    size = min(CROWD, max_batch_of(subject.mapping, scene.options))
    crowd = replace(scene, told=tuple(_somebody(scene.told[0], n) for n in range(size)), memory={})
    try:
        step = subject.step(crowd)
        apart = [subject.step(alone(crowd, number)) for number in range(size)]
    except MappingError:
        return
    if not isinstance(step, Request):
        return
    if any(
        isinstance(each, Request) and each.parts[0] != step.parts[n] for n, each in enumerate(apart)
    ):
        yield "a part in a batch is not the part that the event has alone"
    found = [sent(step).find(_name(number)) for number in range(size)]
    if found != sorted(found):
        yield "the events of a batch do not stand in their order"


def _name(number: int) -> str:
    return f"somebody-{(number * 5) % CROWD}"


def _somebody(told: Told, number: int) -> Told:
    name = _name(number)
    event = copy.deepcopy(dict(told.event)) | {"id": name, "subject": name, "partitionkey": name}
    agent = event["data"].get("agent")
    if isinstance(agent, dict):
        agent.update(id=name, key=name, wfm_id=name, external_id=name)
    return Told(event, name)


def _no_snapshot(subject: DestinationSubject) -> str | None:
    return "it has no snapshots" if subject.mapping.snapshot is None else None


def _snapshot(subject: DestinationSubject, sample: Sample) -> Iterator[str]:
    """A snapshot tells of an agent what a delivery of the same state tells."""
    snapshot, scene = subject.mapping.snapshot, subject.scene(sample)
    if snapshot is None or any(each.event["type"] != STATE for each in scene.told):
        return
    step = subject.step(scene)
    standings = [sound_standing(snapshot.standing(each, scene.options)) for each in scene.told]
    if isinstance(step, Request) and [each.part for each in standings] != list(step.parts):
        yield "a standing's part is not the part of a delivery of the same state"
    is_in = [each.data["status"] != "logged_out" for each in scene.told]
    if [each.is_in for each in standings] != is_in:
        yield "who is logged out stands as logged in, or the reverse"
    sound_request(snapshot.request(standings, RECEIVED_AT, scene.options))
    if snapshot.closing is not None:
        sound_request(snapshot.closing(RECEIVED_AT, scene.options))
    for status in STATUSES:
        sound_judgement(snapshot.judge(Answer(status, b"\xff"), scene.options))


CHECKS: Sequence[Check] = (
    Check("total", "damaged events give a MappingError, and nothing else", _total),
    Check("answers", "any answer is judged, one that cannot be parsed by its status", _answers),
    Check("unknown_words", "a state nobody has heard of is told or unsupported", _unknown_words),
    Check("stable_ids", "what is told again is known as the same", _stable_ids),
    Check("order", "a batch keeps its order", _order, None, _no_batches),
    Check("personal_data", "it works without personal data and adds none", personal_problems),
    Check("secrets", "secrets are seen in no text and no dry run", secret_problems),
    Check("snapshot", "a snapshot tells what deliveries tell", _snapshot, None, _no_snapshot),
)

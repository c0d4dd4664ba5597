"""Judge: what an answer means where the mapping is silent."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from gateway.mapping.destination import Judgement, Verdict

if TYPE_CHECKING:
    from gateway.model.delivery import Answer

TRANSIENT = frozenset(
    {
        0,  # no answer: a timeout, a connection error
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_DELIVERED = Judgement(Verdict.DELIVERED)
_OK, _MULTIPLE_CHOICES = int(HTTPStatus.OK), int(HTTPStatus.MULTIPLE_CHOICES)
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def judge(answer: Answer) -> Judgement:
    """Judge an answer by its status. Redirects are not followed, so they are permanent."""
    status = answer.status
    if _OK <= status < _MULTIPLE_CHOICES:
        return _DELIVERED
    detail = answer.error or f"answered {status}" if status == 0 else f"answered {status}"
    if status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Judgement(Verdict.RETRY, detail)
    if status in REFUSED:
        return Judgement(Verdict.PARK, detail)
    return Judgement(Verdict.PERMANENT, detail)


def judge_question(answer: Answer) -> Judgement:
    """Judge the answer to a question: whatever it is, the vendor was told nothing by it."""
    judgement = judge(answer)
    if judgement.verdict is Verdict.DELIVERED:
        return Judgement(Verdict.PERMANENT, f"{answer.status}, of which the mapping made nothing")
    return judgement


def judge_unrepeatable(answer: Answer) -> Judgement:
    """Judge the answer to a request that may not be sent twice."""
    judgement = judge(answer)
    if judgement.verdict is Verdict.RETRY and answer.status == 0:
        detail = f"{judgement.detail}; it may have arrived, and may not be repeated"
        return Judgement(Verdict.PERMANENT, detail)
    return judgement

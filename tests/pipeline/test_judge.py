import pytest

from gateway.mapping import Verdict
from gateway.model.delivery import Answer
from gateway.pipeline.judge import judge, judge_unrepeatable


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        (Verdict.DELIVERED, [200, 201, 202, 204, 299]),
        (Verdict.RETRY, [0, 408, 425, 429, 500, 501, 502, 503, 504, 599]),
        (Verdict.PARK, [401, 403]),
        (Verdict.PERMANENT, [100, 300, 301, 302, 307, 400, 404, 405, 409, 410, 413, 422, 451]),
    ],
)
def test_statuses_are_judged_as_the_contract_says(verdict, statuses):
    assert {judge(Answer(status)).verdict for status in statuses} == {verdict}


def test_no_answer_tells_what_went_wrong():
    assert judge(Answer(0, error="cannot connect")).detail == "cannot connect"
    assert judge(Answer(0)).detail == "answered 0"
    assert judge(Answer(503, error="ignored")).detail == "answered 503"


def test_what_may_not_be_repeated_is_only_tried_again_where_it_was_answered():
    assert judge_unrepeatable(Answer(0, error="timeout")).verdict is Verdict.PERMANENT
    assert judge_unrepeatable(Answer(503)).verdict is Verdict.RETRY
    assert judge_unrepeatable(Answer(200)).verdict is Verdict.DELIVERED

"""What is filled in into a destination's options may be secret, and is treated as if it were."""

import json
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.engine.preview import preview
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError
from gateway.pipeline.mask import mask_of
from tests.standins.delivery import event

REGISTRY = installed()
ENVIRON = {"TOKEN": 's3/cr"ét t0ken', "ID": "abc", "FLAG": "true", "WORD": "Ready"}


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Load a destination of the mapping `http_json` with these options."""
    monkeypatch.chdir(tmp_path)
    Path("key").write_text("from-a-file\n")

    def load_options(url="https://wfm.example.com/in", more="", **options):
        Path("c.yaml").write_text(
            "sources: {flex: {type: flex_rta, auth: {type: none}}}\n"
            f"destinations: {{d: {{mapping: http_json, url: '{url}', identify_by: [id],"
            f" options: {json.dumps(options)}{more}}}}}\n"
        )
        return load(Path("c.yaml"), REGISTRY, ENVIRON).destinations["d"]

    return load_options


def test_a_dry_run_does_not_show_it(told):
    settings = told(
        path="/a/${TOKEN}/b",
        query={"key": "${TOKEN}", "id": "${ID}"},
        headers={"X-Key": "Key ${TOKEN}", "X-File": "${file:key}"},
        body={"who": "{identity}", "keys": ["${TOKEN}", "${NONE:-plain}"], "is": "Ready"},
    )
    ((shown,),) = ([each.request for each in preview([event("a", "anna")], settings)],)
    assert shown.url == "https://wfm.example.com/in/a/***/b?key=***&id=abc"
    assert dict(shown.headers)["X-Key"] == "Key ***"
    assert dict(shown.headers)["X-File"] == "***"
    assert json.loads(shown.body) == {"who": "anna", "keys": ["***", "plain"], "is": "Ready"}


def test_an_answer_that_repeats_it_is_kept_without_it(told):
    mask = mask_of(told(headers={"X-Key": "${TOKEN}", "X-File": "a ${file:key} b"}))
    answer = json.dumps({"got": ENVIRON["TOKEN"], "and": "from-a-file"}, ensure_ascii=False)
    assert json.loads(mask.raw(answer.encode())) == {"got": "***", "and": "***"}
    assert json.loads(mask.raw(json.dumps(json.loads(answer)).encode()))["got"] == "***"


def test_what_is_no_text_any_more_masks_nothing(told):
    settings = told(unchanged="${FLAG}", headers={"X-Id": "${ID}"})
    assert settings.filled_in == ()
    assert mask_of(settings).text("true abc") == "true abc"


def test_it_needs_https_off_loopback(told):
    given = {"url": "http://wfm.example.com/in", "headers": {"X-Key": "${TOKEN}"}}
    with pytest.raises(ConfigurationError, match=r"d\.url: Plain http would show the secret"):
        told(**given)
    assert told(**given, more=", auth: {plaintext: true}").filled_in
    assert told(url="http://127.0.0.1:9/in", headers=given["headers"]).filled_in
    assert told(url=given["url"], headers={"X-Key": "${NONE:-default}"}).filled_in == ()


def test_it_is_not_shown_with_the_settings(told):
    assert ENVIRON["TOKEN"] not in repr(told(headers={"X-Key": "${TOKEN}"}).filled_in)

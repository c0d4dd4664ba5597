from dataclasses import dataclass
from datetime import timedelta

from gateway.model.outgoing import OutgoingRequest
from gateway.model.secret import Secret
from gateway.pipeline.mask import mask_of
from gateway.settings import DestinationAuth
from tests.standins.delivery import destination_settings


@dataclass
class Options:
    key: Secret
    others: tuple[Secret, ...]


def mask(**changes):
    return mask_of(destination_settings(**changes))


def test_a_request_is_shown_without_its_secrets():
    settings = {
        "auth": DestinationAuth("bearer", (("Authorization", Secret("Bearer t0ken")),)),
        "options": Options(Secret('a"b'), (Secret("s p"),)),
    }
    request = OutgoingRequest(
        method="POST",
        url="https://h/in?key=s%20p&again=s+p",
        headers=(("Authorization", "Bearer t0ken"), ("X-Copy", "t0ken!")),
        body=rb'{"key": "a\"b"}',
        timeout=timedelta(seconds=1),
        secret_headers=frozenset({"authorization"}),
    )
    shown = mask(**settings).request(request)
    assert shown.url == "https://h/in?key=***&again=***"
    assert shown.headers == (("Authorization", "***"), ("X-Copy", "***!"))
    assert shown.body == b'{"key": "***"}'


def test_without_secrets_nothing_is_masked():
    assert mask(options={"a": [1, {"b": "c"}]}).text("as it is") == "as it is"


def test_an_empty_secret_masks_nothing():
    assert mask(options={"key": Secret("")}).raw(b"as it is") == b"as it is"


def test_the_longer_secret_is_masked_whole():
    assert mask(options=[Secret("abc"), Secret("abcdef")]).text("abcdef abc") == "*** ***"


def test_a_key_in_the_url_is_masked_there_and_where_a_vendor_repeats_it():
    masking = mask(url="https://h/in?v=1&key=t0ken%2Dlong")
    request = OutgoingRequest(
        method="POST",
        url="https://h/in/state?v=1&key=t0ken%2Dlong",
        headers=(),
        body=b"v=1",
        timeout=timedelta(seconds=1),
        secret_headers=frozenset(),
    )
    assert masking.request(request).url == "https://h/in/state?v=1&key=***"
    assert masking.request(request).body == b"v=1"
    assert masking.raw(b"unknown key t0ken-long") == b"unknown key ***"

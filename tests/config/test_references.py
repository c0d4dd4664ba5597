"""`${NAME}`, `${NAME:-default}` and `${file:PATH}`: filled in anywhere, read as the key's type."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """Load a source and a destination with more, with files beside them."""
    monkeypatch.chdir(tmp_path)
    Path("token").write_bytes(b"\xef\xbb\xbffrom-a-file\r\n")
    Path("latin").write_bytes(b"Zo\xeb")

    def load_text(more, **environ):
        path = Path("c.yaml")
        path.write_text(
            'sources: {flex: {type: flex_rta, auth: {type: none}, accounts: ["${ACCOUNT:-A}"]}}\n'
            f"destinations: {{d: {{mapping: cloudevents, url: 'https://x.example'{more}}}}}\n"
        )
        return load(path, REGISTRY, environ).destinations["d"]

    return load_text


@pytest.mark.parametrize(
    ("more", "name", "wanted"),
    [
        (", concurrency: '${N}'", "concurrency", 42),
        (", concurrency: '${NONE:-7}'", "concurrency", 7),
        (", timeout: '${N}s'", "timeout", timedelta(seconds=42)),
        (", stale_after: '${NONE:-off}'", "stale_after", None),
        (", order: '${NONE:-none}'", "order", "none"),
        (", include: ['${NONE:-notes}']", "include", frozenset({"notes"})),
        (", sources: ['${NONE:-fl}ex']", "sources", frozenset({"flex"})),
    ],
)
def test_a_reference_is_read_as_the_keys_type(filled, more, name, wanted):
    assert getattr(filled(more, N="42"), name) == wanted


def test_a_flag_and_a_secret_from_a_file_are_filled_in(filled):
    auth = "{type: bearer, token: 'a-${file:token}-b', plaintext: '${P}'}"
    (header,) = filled(f", auth: {auth}", P="true").auth.headers
    assert header[1].reveal() == "Bearer a-from-a-file-b"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("${NOPE}", "d.order: the environment variable NOPE is not set"),
        ("${file:nope}", "d.order: the file nope cannot be read: No such file"),
        ("${file:latin}", "d.order: the file latin cannot be read: it is not UTF-8"),
        ("${file:.}", "d.order: the file . cannot be read: Is a directory"),
        ("${file:a\\0b}", "cannot be read"),
        ("${}", "is not a reference; valid: ${NAME}, ${NAME:-default}, ${file:PATH}"),
        ("${s3cret w0rd}", "d.order: a ${…} is not a reference; valid: ${NAME}"),
        ("${NAME", "is not closed, or holds another brace; valid: ${NAME}"),
        ("${NOPE:-${OTHER}}", "is not closed, or holds another brace; valid: ${NAME}"),
        ("${ODD}", "the value of ${ODD} is not UTF-8"),
    ],
)
def test_a_reference_that_cannot_be_filled_is_the_only_problem_of_its_key(filled, value, said):
    with pytest.raises(ConfigurationError) as raised:
        filled(f', order: "{value}"', ODD="\udcff")
    assert len(raised.value.problems) == 1
    assert said in raised.value.problems[0]
    assert "s3cret" not in raised.value.problems[0]


def test_a_key_is_not_filled_in_and_says_so(filled):
    with pytest.raises(
        ConfigurationError, match=r"retry\.\$\{N\}: a \$\{…\} is filled in in values"
    ):
        filled(", retry: {'${N}': 1s}", N="first")


def test_a_number_in_quotes_is_a_text_and_one_filled_in_is_a_number(filled):
    with pytest.raises(ConfigurationError, match="concurrency: Not a valid integer"):
        filled(", concurrency: '42'")
    with pytest.raises(ConfigurationError, match="concurrency: Not a valid integer") as raised:
        filled(", concurrency: '${N}'", N="s3cret")
    assert "s3cret" not in str(raised.value)

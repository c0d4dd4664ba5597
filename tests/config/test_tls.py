"""`tls`: `check` refuses what `serve` could not load."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from gateway.config.load import load
from gateway.mapping.registry import installed
from gateway.model.errors import ConfigurationError

REGISTRY = installed()
WRONG_PAIR = "Must be a certificate in PEM with the private key that belongs to it"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Load a configuration whose server has this `tls`; return it, or the problems."""
    monkeypatch.chdir(tmp_path)
    authority = trustme.CA()
    authority.cert_pem.write_to_path("ca.pem")
    for name in ("one", "two"):
        pair = authority.issue_cert(f"{name}.example")
        pair.private_key_and_cert_chain_pem.write_to_path(f"{name}.pem")
        pair.private_key_pem.write_to_path(f"{name}.key")
    Path("text.pem").write_text("no certificate")

    def load_tls(tls, section="server"):
        told = "destinations: {w: {mapping: cloudevents, url: 'https://x.example', tls: %s}}"
        lines = {"server": f"server: {{tls: {tls}}}", "destination": told % tls}
        Path("c.yaml").write_text(
            f"sources: {{f: {{type: flex_rta, auth: {{type: none}}}}}}\n{lines[section]}\n"
        )
        try:
            return load(Path("c.yaml"), REGISTRY, {})
        except ConfigurationError as error:
            return error.problems

    return load_tls


def test_a_pair_that_belongs_together_is_taken(server):
    settings = server("{certificate: one.pem, private_key: one.key}")
    assert settings.server.tls.certificate == Path("one.pem")
    settings = server("{ca: ca.pem, certificate: one.pem, private_key: one.key}", "destination")
    assert settings.destinations["w"].tls.ca == Path("ca.pem")
    assert server("{certificate: one.pem}", "destination").destinations["w"].tls is not None


@pytest.mark.parametrize("section", ["server", "destination"])
@pytest.mark.parametrize(
    ("certificate", "private_key"),
    [("one.pem", "two.key"), ("text.pem", "one.key"), ("one.pem", "text.pem")],
)
def test_a_pair_that_cannot_be_loaded_is_a_problem(server, section, certificate, private_key):
    (problem,) = server(f"{{certificate: {certificate}, private_key: {private_key}}}", section)
    assert "tls.certificate: " in problem
    assert WRONG_PAIR in problem


def test_a_key_with_a_password_is_a_problem_and_asks_for_none(server):
    key = load_pem_private_key(Path("one.key").read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"made-up")
    )
    Path("locked.key").write_bytes(locked)
    (problem,) = server("{certificate: one.pem, private_key: locked.key}")
    assert "without a password" in problem


@pytest.mark.parametrize("name", ["text.pem", "one.key"])
def test_an_authority_without_certificates_is_a_problem(server, name):
    (problem,) = server(f"{{ca: {name}}}", "destination")
    assert "destinations.w.tls.ca: Must hold certificates in PEM." in problem

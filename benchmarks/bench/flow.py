"""Node-RED's flow as an integrator would click it: http in, a function, http request, response.

The function checks the signature, splits the request and makes the neutral events. Nothing is
kept: the answer goes out beside the first request, and what fails is gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench.work import PASSWORD, PUBLIC_URL, STATUSES, TOKEN

FUNCTION = Path(__file__).with_name("servers") / "function.js"
LIBRARIES = [{"var": "crypto", "module": "crypto"}]
SETTINGS = """module.exports = {
  flowFile: "flows.json", uiHost: "127.0.0.1", httpAdminRoot: false, credentialSecret: false,
  functionExternalModules: true, logging: {console: {level: "warn"}},
  telemetry: {enabled: false, updateNotification: false},
}
"""


def write(folder: Path, urls: Sequence[str]) -> None:
    """Write settings and flow into Node-RED's folder."""
    (folder / "settings.js").write_text(SETTINGS)
    (folder / "flows.json").write_text(json.dumps(nodes(urls)))


def nodes(urls: Sequence[str]) -> list[dict]:
    told = {
        "PUBLIC_URL": PUBLIC_URL,
        "TOKEN": TOKEN,
        "PASSWORD": PASSWORD,
        "STATUSES": STATUSES,
        "URLS": list(urls),
    }
    constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in told.items())
    return [
        {"id": "n-tab", "type": "tab", "label": "WFM"},
        # The raw body, which is what is signed, is only given on a route without parameters.
        *(_node(source, "http in", [["n-function"]], url=f"/v1/ingest/{source}", method="post",
                skipBodyParsing=True) for source in ("flex", "engage")),
        _node("function", "function", [["n-answer"], ["n-request"]], outputs=2, libs=LIBRARIES,
              func=constants + FUNCTION.read_text()),
        _node("answer", "http response", []),
        _node("request", "http request", [[]], method="POST", ret="txt", url="", persist=True),
        _node("well", "http in", [["n-answer"]], url="/healthz", method="get"),
    ]  # fmt: skip


def _node(name: str, kind: str, wires: list[list[str]], **more: object) -> dict:
    return {"id": f"n-{name}", "type": kind, "z": "n-tab", "wires": wires} | more

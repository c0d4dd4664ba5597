"""The command `wfm-gateway`: arguments only; what is done stands elsewhere."""

from __future__ import annotations

from importlib.metadata import version

import click

from gateway.cli.audit import audit
from gateway.cli.check import check
from gateway.cli.demo import demo
from gateway.cli.erase import erase
from gateway.cli.explain import explain
from gateway.cli.files import files
from gateway.cli.kept import dead_letters, quarantine
from gateway.cli.known import agents, alarms, destinations, sources, states
from gateway.cli.plugins import mappings, schema
from gateway.cli.reconcile import reconcile
from gateway.cli.replay import replay
from gateway.cli.report import report
from gateway.cli.serve import serve
from gateway.cli.session import verb_options
from gateway.cli.simulate import simulate
from gateway.cli.store import store
from gateway.cli.translate import translate
from gateway.cli.vendor import ping, resync
from gateway.cli.verbs import Verbs


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("wfm-gateway"), "--version", prog_name="wfm-gateway")
@verb_options
def main() -> None:
    """Real-time adherence from contact-centre platforms to workforce management.

    Verbs that look into the store ask the running gateway, and open the store themselves where
    none runs. Exit codes: 0 all right, 1 a problem to mend, 2 wrong usage.
    """


for verb in (
    serve,
    check,
    translate,
    quarantine,
    dead_letters,
    alarms,
    audit,
    agents,
    explain,
    states,
    destinations,
    files,
    reconcile,
    replay,
    report,
    ping,
    resync,
    sources,
    store,
    erase,
    mappings,
    schema,
    simulate,
    demo,
):
    main.add_command(verb)

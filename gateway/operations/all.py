"""Every operation there is, for whoever makes verbs or routes of them."""

from __future__ import annotations

from gateway.operations import (
    agents,
    alarms,
    audit,
    dead_letters,
    erase,
    explain,
    files,
    health,
    quarantine,
    reconcile,
    replay,
    reports,
    succession,
    upkeep,
    vendor,
)
from gateway.operations.table import Operation

OPERATIONS: tuple[Operation, ...] = (
    *health.OPERATIONS,
    *quarantine.OPERATIONS,
    *dead_letters.OPERATIONS,
    *agents.OPERATIONS,
    *alarms.OPERATIONS,
    *audit.OPERATIONS,
    *explain.OPERATIONS,
    *vendor.OPERATIONS,
    *files.OPERATIONS,
    *reconcile.OPERATIONS,
    *succession.OPERATIONS,
    *replay.OPERATIONS,
    *reports.OPERATIONS,
    *upkeep.OPERATIONS,
    *erase.OPERATIONS,
)

"""What a store promises, method by method.

Every method that changes something returns only when the change is durable, and raises
`StoreUnavailableError` where it cannot be made so now (nothing is then changed). Nothing here
assumes one process, a global order, or a row that can be updated for free: receipts and lanes
belong to a partition, a partition has one owner, claims are leases that end with the process.
"""

from gateway.ports.alarms import AlarmChange, Alarms
from gateway.ports.audit import Audit, AuditEntry
from gateway.ports.budgets import Budgets, Kept
from gateway.ports.erasure import Erasure, Key, Page, ReceiptEdit, Row, Table, Text
from gateway.ports.everybody import Everybody, Newest
from gateway.ports.filing import Filed, Filing, Folder
from gateway.ports.history import History, PastDelivery, PastEvent
from gateway.ports.identities import Identities
from gateway.ports.journal import (
    MOST_TOLD_STATES,
    Appended,
    Finished,
    Journal,
    Quarantined,
    RecordKey,
    RoutedEvent,
    SeenState,
    ToldState,
)
from gateway.ports.ledger import Ledger, LedgerPages
from gateway.ports.outbox import Backlog, ClaimedLane, DestinationMark, Lane, Outbox, Recorded
from gateway.ports.outside import Accepted, Intake, Roster, Transport
from gateway.ports.past import Beginning, MadeEvent, Past, PastReceipt
from gateway.ports.records import DeadLetter, HeldAgent, QuarantineEntry, Records, Selection
from gateway.ports.store import Store
from gateway.ports.succession import Adopted, Succession
from gateway.ports.upkeep import Upkeep

__all__ = [
    "MOST_TOLD_STATES",
    "Accepted",
    "Adopted",
    "AlarmChange",
    "Alarms",
    "Appended",
    "Audit",
    "AuditEntry",
    "Backlog",
    "Beginning",
    "Budgets",
    "ClaimedLane",
    "DeadLetter",
    "DestinationMark",
    "Erasure",
    "Everybody",
    "Filed",
    "Filing",
    "Finished",
    "Folder",
    "HeldAgent",
    "History",
    "Identities",
    "Intake",
    "Journal",
    "Kept",
    "Key",
    "Lane",
    "Ledger",
    "LedgerPages",
    "MadeEvent",
    "Newest",
    "Outbox",
    "Page",
    "Past",
    "PastDelivery",
    "PastEvent",
    "PastReceipt",
    "QuarantineEntry",
    "Quarantined",
    "ReceiptEdit",
    "RecordKey",
    "Recorded",
    "Records",
    "Roster",
    "RoutedEvent",
    "Row",
    "SeenState",
    "Selection",
    "Store",
    "Succession",
    "Table",
    "Text",
    "ToldState",
    "Transport",
    "Upkeep",
]

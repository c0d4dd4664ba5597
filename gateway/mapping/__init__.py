"""The plugin API: all that a mapping may import of the gateway."""

from gateway.mapping.authenticity import AuthenticityCheck, Checker, Presented
from gateway.mapping.checks.options import Duration, SecretField, Secrets, matches_any, one_header
from gateway.mapping.destination import (
    Clock,
    DestinationMapping,
    Judgement,
    Request,
    Settlement,
    Step,
    Told,
    Verdict,
    one_request,
)
from gateway.mapping.fields import Fields, Statuses, comparable, flag, measure, number
from gateway.mapping.json_body import read_json
from gateway.mapping.parameters import FORM, form_pairs, media_type, values_of
from gateway.mapping.source import (
    Composed,
    Content,
    Ignored,
    Moment,
    Part,
    Record,
    SimulatedContact,
    SourceMapping,
    Unreadable,
)
from gateway.mapping.states import States, StateTable, reason_words
from gateway.model.agent import (
    Channel,
    Contact,
    Identity,
    Named,
    Phase,
    Reason,
    Status,
)
from gateway.model.clock import IMPOSSIBLE, is_believed, rfc3339
from gateway.model.delivery import Answer
from gateway.model.errors import ContentError, CredentialsError, Flaw, MappingError
from gateway.model.event import EventType, content_digest
from gateway.model.observation import (
    Activity,
    Change,
    ChangeKind,
    ContactFact,
    Departure,
    Observation,
    Picture,
)
from gateway.model.secret import Secret

__all__ = [
    "FORM",
    "IMPOSSIBLE",
    "Activity",
    "Answer",
    "AuthenticityCheck",
    "Change",
    "ChangeKind",
    "Channel",
    "Checker",
    "Clock",
    "Composed",
    "Contact",
    "ContactFact",
    "Content",
    "ContentError",
    "CredentialsError",
    "Departure",
    "DestinationMapping",
    "Duration",
    "EventType",
    "Fields",
    "Flaw",
    "Identity",
    "Ignored",
    "Judgement",
    "MappingError",
    "Moment",
    "Named",
    "Observation",
    "Part",
    "Phase",
    "Picture",
    "Presented",
    "Reason",
    "Record",
    "Request",
    "Secret",
    "SecretField",
    "Secrets",
    "Settlement",
    "SimulatedContact",
    "SourceMapping",
    "StateTable",
    "States",
    "Status",
    "Statuses",
    "Step",
    "Told",
    "Unreadable",
    "Verdict",
    "comparable",
    "content_digest",
    "flag",
    "form_pairs",
    "is_believed",
    "matches_any",
    "measure",
    "media_type",
    "number",
    "one_header",
    "one_request",
    "read_json",
    "reason_words",
    "rfc3339",
    "values_of",
]

"""SOAP 1.1 as the service wants it: document/literal, namespaces and order by its WSDL and XSD."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OPERATION = "http://tempuri.org/"
DATA = "http://schemas.datacontract.org/2004/07/Teleopti.Ccc.Rta.WebService"
SINGLE, BATCH = "SaveExternalUserState", "SaveBatchExternalUserState"

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, escaped or not (section 2.2)."""


def content(prefix: str, *members: tuple[str, str]) -> str:
    """Return elements of a namespace in their order; `d`: wrapped as one state of a batch."""
    told = "".join(f"<{prefix}:{name}>{_text(value)}</{prefix}:{name}>" for name, value in members)
    return f"<d:ExternalUserState>{told}</d:ExternalUserState>" if prefix == "d" else told


def envelope(operation: str, body: str) -> tuple[str, str]:
    """Return a whole request, and its `SOAPAction` (the quotes are part of it)."""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{OPERATION}" xmlns:d="{DATA}">'
        f"<s:Body><t:{operation}>{body}</t:{operation}></s:Body></s:Envelope>"
    )
    return text, f'"{OPERATION}ITeleoptiRtaService/{operation}"'


def _text(value: str) -> str:
    # A carriage return that is not escaped arrives as a line feed.
    return escape(_FORBIDDEN.sub("\ufffd", value), {"\r": "&#13;"})

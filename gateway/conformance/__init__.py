"""Conformance: what every mapping keeps, shown on its own samples.

Nothing here knows pytest: `wfm-gateway mappings check NAME` runs it wherever the mapping is
installed, and a plugin's own test says ``assert not examine(MAPPING).broken``. What each check
promises stands in `gateway.conformance.checks`; what samples look like in
`gateway.conformance.samples`.
"""

from gateway.conformance.examine import Examined, Found, State, examine, write_golden

__all__ = ["Examined", "Found", "State", "examine", "write_golden"]

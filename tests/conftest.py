"""What every test goes by."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

from gateway.telemetry.lines import OUTLET

# How long anything takes says more of the machine than of the code: speed is for `benchmarks/`.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _logs_as_they_were():
    """Verbs called in this process configure the logs; the next test wants all lines."""
    yield
    OUTLET.flush()
    structlog.reset_defaults()

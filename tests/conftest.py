"""What every test goes by."""

from hypothesis import HealthCheck, settings

# How long anything takes says more of the machine than of the code: speed is for `benchmarks/`.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

"""The metrics' names: dashboards and alarms depend on them."""

from __future__ import annotations

from gateway.telemetry.metrics import Metrics


def test_names():
    metrics = Metrics()
    metrics.refusals.labels("flex", "401", "basic").inc()
    metrics.ack_seconds.labels("flex").observe(0.01)
    metrics.backlog.labels("wfm").set(7)
    metrics.untranslated.set(3)

    text = metrics.exposition().decode()

    assert 'gateway_refusals_total{check="basic",source="flex",status="401"} 1.0' in text
    assert 'gateway_ack_seconds_count{source="flex"} 1.0' in text
    assert 'gateway_backlog{destination="wfm"} 7.0' in text
    assert "gateway_untranslated 3.0" in text


def test_two_gateways_count_apart():
    one, other = Metrics(), Metrics()
    one.untranslated.set(1)

    assert other.registry.get_sample_value("gateway_untranslated") == 0

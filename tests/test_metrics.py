"""Metrics: counted in a registry of their own, served on loopback when a port is set."""

import socket
import urllib.request

import pytest

from bot.errors import SettingsError
from bot.metrics import Metrics, served_metrics


def test_counting():
    metrics = Metrics()
    metrics.answered("standing")
    metrics.answered("standing")
    metrics.answered("failed")
    metrics.rebuilt(0.25)
    metrics.serving(7)
    metrics.collector_restarted()
    value = metrics.registry.get_sample_value
    assert value("undertow_answers_total", {"how": "standing"}) == 2
    assert value("undertow_answers_total", {"how": "failed"}) == 1
    assert value("undertow_rebuild_seconds_sum") == 0.25
    assert value("undertow_served_version") == 7
    assert value("undertow_collector_restarts_total") == 1
    assert Metrics().registry.get_sample_value("undertow_served_version") == 0


def test_without_a_port_nothing_is_served():
    with served_metrics(None) as metrics:
        metrics.serving(1)


def test_served_on_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^UNDERTOW_METRICS_PORT: port {port} cannot"):
            served_metrics(port).__enter__()
    with served_metrics(port) as metrics:
        metrics.serving(42)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"undertow_served_version 42.0" in answer.read()
    with socket.create_server(("127.0.0.1", port)):
        pass  # it is free again

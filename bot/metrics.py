"""Counters and gauges of one process, served for Prometheus when a port is set."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from bot.errors import SettingsError


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "undertow_answers",
            "Commands answered, by how: standing, prepared, failed.",
            ["how"],
            registry=self.registry,
        )
        self._rebuilds = Histogram(
            "undertow_rebuild_seconds",
            "Time to rebuild and publish the standing reports.",
            registry=self.registry,
        )
        self._version = Gauge(
            "undertow_served_version",
            "Version of the newest report that the gateway serves.",
            registry=self.registry,
        )
        self._restarts = Counter(
            "undertow_collector_restarts",
            "Times that the collector was started again.",
            registry=self.registry,
        )

    def answered(self, how: str) -> None:
        """Count one answer."""
        self._answers.labels(how).inc()

    def rebuilt(self, seconds: float) -> None:
        """Record one rebuilding of the standing reports."""
        self._rebuilds.observe(seconds)

    def serving(self, version: int) -> None:
        """Record the newest version that is served."""
        self._version.set(version)

    def collector_restarted(self) -> None:
        """Count one restart of the collector."""
        self._restarts.inc()


@contextmanager
def served_metrics(port: int | None) -> Iterator[Metrics]:
    """Yield the process's metrics, served on 127.0.0.1 at `port` when there is one."""
    metrics = Metrics()
    if port is None:
        yield metrics
        return
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except OSError as error:
        raise SettingsError(
            f"UNDERTOW_METRICS_PORT: port {port} cannot be used ({error.strerror})"
        ) from error
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

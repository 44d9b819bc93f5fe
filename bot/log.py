"""Structured logs on standard error, of this program and of its libraries; secrets never show."""

import json
import logging
import sys
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "[hidden]"
_QUIET_LIBRARIES = ("ccxt", "aiosqlite", "alembic", "asyncio")


def configure_logs(level: str, *, role: str, secrets: Iterable[str] = ()) -> None:
    """Send every log line to standard error at `level`, with `secrets` blotted out of it."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _Line(secrets)],
        foreign_pre_chain=shared,
    )
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("discord.client").setLevel(logging.ERROR)  # it misses its voice libraries
    logging.getLogger("stamina").setLevel(logging.ERROR)  # what fails in the end is told anyway


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one module."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def _spellings(secret: str) -> set[str]:
    """Return a secret as it may stand in a line: plain, escaped, or quoted in a URL."""
    escaped = repr(secret)[1:-1], json.dumps(secret)[1:-1], secret.replace('"', '\\"')
    spellings = {secret, *escaped, quote(secret, safe=""), quote_plus(secret)}
    # What stands in quotes inside a quoted value is escaped twice.
    twice = {spelling.replace("\\", "\\\\").replace('"', '\\"') for spelling in spellings}
    return {spelling for spelling in spellings | twice if spelling}


class _Line:
    """The last step of a log line: its text, without secrets, tracebacks included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        written = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._secrets = tuple(sorted(written, key=len, reverse=True))
        self._render: Processor
        if sys.stderr.isatty():
            self._render = structlog.dev.ConsoleRenderer()
        else:
            self._render = structlog.processors.LogfmtRenderer(
                key_order=("timestamp", "level", "logger", "event"), bool_as_flag=False
            )

    def __call__(self, bound: WrappedLogger, method: str, event: EventDict) -> str:
        text = str(self._render(bound, method, event))
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

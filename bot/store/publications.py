"""Published reports by key and version, as the bytes that the gateway serves."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, from_ms, to_ms
from bot.model.report import Report, ReportKey
from bot.store import tables
from bot.store.counting import HOUR_MS
from bot.store.database import Database
from bot.store.upserts import upsert
from bot.store.writer import ROWS_PER_TRANSACTION

_REPORTS = tables.reports
_VERSIONS = tables.versions
_HOURLY = timedelta(days=7)
_DAILY = timedelta(days=60)

# Key, version and time of publication.
Edition = tuple[str, int, int]


class Published(Struct, frozen=True):
    """One published version of a report; `body` is the report as JSON, its version included."""

    key: ReportKey
    version: int
    as_of: datetime
    published_at: datetime
    body: bytes

    def report(self) -> Report:
        """Return the decoded report."""
        return msgspec.json.decode(self.body, type=Report)


class Publications:
    """Publishes reports, all of one round under one version, and reads the newest of each key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._upsert = upsert(database.dialect, _REPORTS)
        self._upsert_version = upsert(database.dialect, _VERSIONS)

    async def publish(self, reports: Iterable[tuple[ReportKey, Report]]) -> int:
        """Store the reports under the next version and return it, once it is committed."""
        finished = list(reports)
        return await self._database.write(
            lambda connection: self._publish(connection, finished), len(finished) + 1
        )

    async def version(self) -> int:
        """Return the newest published version, 0 before the first."""
        row = await self._database.row(select(_VERSIONS.c.version))
        return 0 if row is None else int(row.version)

    async def since(self, version: int) -> list[Published]:
        """Return the newest version of each key that was published after `version`, by key."""
        newest = (
            select(_REPORTS.c.key, func.max(_REPORTS.c.version).label("version"))
            .where(_REPORTS.c.version > version)
            .group_by(_REPORTS.c.key)
            .subquery()
        )
        statement = select(_REPORTS).join(
            newest,
            (_REPORTS.c.key == newest.c.key) & (_REPORTS.c.version == newest.c.version),
        )
        rows = await self._database.rows(statement.order_by(_REPORTS.c.key))
        return [_decode(row) for row in rows]

    async def prune(self, now: datetime) -> int:
        """Drop versions that need not be kept (hourly for 7 days, daily for 60); return how many.

        The last version of each hour or day is kept, and of each key the newest, however old.
        """
        columns = (_REPORTS.c.key, _REPORTS.c.version, _REPORTS.c.published_ms)
        rows = await self._database.rows(select(*columns))
        editions = [(row.key, row.version, row.published_ms) for row in rows]
        unneeded = [(key, version) for key, version, _ in superfluous(editions, to_ms(now))]
        identity = tuple_(_REPORTS.c.key, _REPORTS.c.version)
        # A row is named by two parameters, and SQLite takes no more than 32,766 of them.
        for start in range(0, len(unneeded), ROWS_PER_TRANSACTION):
            part = unneeded[start : start + ROWS_PER_TRANSACTION]
            await self._database.execute(delete(_REPORTS).where(identity.in_(part)), len(part))
        return len(unneeded)

    async def _publish(
        self, connection: AsyncConnection, reports: list[tuple[ReportKey, Report]]
    ) -> int:
        row = (await connection.execute(select(_VERSIONS.c.version).with_for_update())).first()
        version = 1 if row is None else int(row.version) + 1
        await connection.execute(self._upsert_version, {"id": 1, "version": version})
        published_ms = self._clock.now_ms()
        rows = [_encode(key, report, version, published_ms) for key, report in reports]
        if rows:
            await connection.execute(self._upsert, rows)
        return version


def superfluous(editions: Iterable[Edition], now_ms: int) -> list[Edition]:
    """Return the editions that none of the rules of `Publications.prune` keeps."""
    kept: set[tuple[object, ...]] = set()
    dropped = []
    for edition in sorted(editions, key=lambda edition: edition[1], reverse=True):
        key, _, published_ms = edition
        reasons = {("newest", key), *_reasons(key, published_ms, now_ms)}
        if reasons <= kept:
            dropped.append(edition)
        kept |= reasons
    return dropped


def _reasons(key: str, published_ms: int, now_ms: int) -> list[tuple[object, ...]]:
    age = timedelta(milliseconds=now_ms - published_ms)
    reasons: list[tuple[object, ...]] = []
    if age <= _HOURLY:
        reasons.append(("hour", key, published_ms // HOUR_MS))
    if age <= _DAILY:
        reasons.append(("day", key, published_ms // (24 * HOUR_MS)))
    return reasons


def _encode(key: ReportKey, report: Report, version: int, published_ms: int) -> dict[str, Any]:
    return {
        "key": str(key),
        "version": version,
        "as_of_ms": to_ms(report.as_of),
        "published_ms": published_ms,
        "body": msgspec.json.encode(msgspec.structs.replace(report, version=version)),
    }


def _decode(row: Row[Any]) -> Published:
    return Published(
        key=ReportKey.parse(row.key),
        version=row.version,
        as_of=from_ms(row.as_of_ms),
        published_at=from_ms(row.published_ms),
        body=row.body,
    )

"""The published reports in memory: watched in the store, kept as bytes, rendered ahead of use."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.log import logger
from bot.metrics import Metrics
from bot.model.report import NumberStyle, ReportKey
from bot.rendering.embeds import report_embed
from bot.rendering.pages import page
from bot.settings import Role
from bot.store.publications import Published
from bot.store.signs import Sign
from bot.store.store import Store
from bot.wording.catalogue import DEFAULT_LANGUAGE, read_catalogue
from bot.wording.numbers import number_text
from bot.wording.times import Medium

if TYPE_CHECKING:
    import discord

_log = logger(__name__)

WATCH_PAUSE = timedelta(seconds=0.5)
RENDER_PAUSE = timedelta(seconds=0.05)
SILENCE_LIMIT = timedelta(seconds=10)
KEPT_UP = timedelta(minutes=10)
"""What stands is rebuilt at least every five minutes; a report twice as old does not stand."""


class Standing:
    """One published report: bytes until it is shown, then an embed for each language."""

    def __init__(self, published: Published) -> None:
        self.key = published.key
        self.version = published.version
        self.as_of = published.as_of
        self.published_at = published.published_at
        self._published = published
        self._embeds: dict[str, discord.Embed] = {}

    def embed(self, language: str) -> "discord.Embed":
        """Return the report as an embed in a language, rendered once."""
        if language not in self._embeds:
            catalogue = read_catalogue(language)
            shown = page(self._published.report(), catalogue, Medium.DISCORD)
            self._embeds[language] = report_embed(shown)
        return self._embeds[language]


class PublishedReports:
    """Keeps the newest version of every published report, and the collector's last sign."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._newest: dict[ReportKey, Standing] = {}
        self._version = 0
        self._unrendered: dict[ReportKey, Standing] = {}
        self._sign: Sign | None = None
        self._watching_since = clock.now()
        self._is_behind = True

    @property
    def version(self) -> int:
        """The newest version in memory, 0 when nothing is published."""
        return self._version

    def get(self, key: ReportKey) -> Standing | None:
        """Return the newest version of a report, None when there is none that is kept up.

        Kept up is what was published in the last ten minutes, or in the last ten that the collector
        was alive: when it is down, nothing newer can be asked for.
        """
        found = self._newest.get(key)
        if found is None or self._collector_seen_at() - found.published_at > KEPT_UP:
            return None
        return found

    def is_overdue(self, standing: Standing) -> bool:
        """Return whether a report is older than what is kept up ever is."""
        return self._clock.now() - standing.published_at > KEPT_UP

    def nearest(self, key: ReportKey) -> Standing | None:
        """Return the published report nearest to `key`: same asset, else same window, else any."""
        same_kind = [one for one in self._newest.values() if one.key.report == key.report]
        return max(
            same_kind,
            key=lambda one: (one.key.asset == key.asset, one.key.window == key.window, one.as_of),
            default=None,
        )

    def silent_since(self) -> datetime | None:
        """Return when the collector was last seen if that is over 10 s ago, else None.

        A collector that was never seen counts from when watching began.
        """
        seen_at = self._collector_seen_at()
        quiet = self._clock.now() - max(seen_at, self._watching_since)
        return seen_at if quiet > SILENCE_LIMIT else None

    @property
    def collector_note(self) -> str:
        """What the collector said last that it was doing."""
        return "" if self._sign is None else self._sign.note

    async def refresh(self) -> None:
        """Take over what was published since the last look."""
        self._sign = await self._store.signs.newest(Role.COLLECTOR)
        # The store tells of a change once: it must not be forgotten when the reading fails.
        self._is_behind = await self._store.changed() or self._is_behind
        if not self._is_behind:
            return
        for published in await self._store.publications.since(self._version):
            standing = Standing(published)
            self._newest[published.key] = self._unrendered[published.key] = standing
            self._version = max(self._version, published.version)
        self._is_behind = False
        self._metrics.serving(self._version)

    def render_all(self, language: str) -> None:
        """Render every report that is new, so that the first to ask need not wait for it."""
        locale = read_catalogue(language).locale
        number_text(0.0, NumberStyle.COUNT, locale)  # reads the locale's data, also without reports
        while self._unrendered:
            self._render_one(language)

    async def keep_fresh(self) -> None:
        """Refresh and render for ever; a database that fails is tried again, memory serves on."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - the answers in memory must survive
                _log.warning("published reports cannot be read", problem=str(error))
                await self._clock.sleep(5)
            while self._unrendered:
                self._render_one(DEFAULT_LANGUAGE)
                # A report takes milliseconds to render: who asks gets their turn between two.
                await self._clock.sleep(RENDER_PAUSE.total_seconds())
            await self._clock.sleep(WATCH_PAUSE.total_seconds())

    def _render_one(self, language: str) -> None:
        key, standing = self._unrendered.popitem()
        try:
            standing.embed(language)
        except Exception:  # noqa: BLE001 - one damaged report must not end the watch, nor the start
            _log.exception("a stored report cannot be rendered", key=str(key))

    def _collector_seen_at(self) -> datetime:
        return self._watching_since if self._sign is None else self._sign.seen_at

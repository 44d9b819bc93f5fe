"""The `report` command: one round of collecting, one report, printed."""

import sys

from rich.console import Console

from bot.builders.board import build
from bot.builders.loading import Universe, load_inputs
from bot.clock import Clock
from bot.errors import SettingsError
from bot.metrics import Metrics
from bot.model.assets import find_asset, nearest_assets
from bot.model.report import MARKET, ReportKey
from bot.model.windows import Window
from bot.rendering.machine import report_json
from bot.rendering.pages import page
from bot.rendering.terminal import print_page
from bot.roles.collector import open_collector, universe
from bot.roles.history import collect_with_progress
from bot.settings import Settings
from bot.store.schema import migrate
from bot.wording.catalogue import read_catalogue
from bot.wording.times import Medium


async def print_report(
    settings: Settings, clock: Clock, asset: str | None, window: Window, *, as_json: bool
) -> None:
    """Collect what is missing and print the report; NoExchangeError when nobody answers."""
    about = universe(settings)
    key = ReportKey(MARKET, _asset(asset, about), window.value)
    await migrate(settings.database_url)
    async with open_collector(settings, clock, Metrics()) as collector:
        await collect_with_progress(collector)
        inputs = await load_inputs(collector.store, about, clock.now())
    report = build(key, inputs)
    catalogue = read_catalogue()
    if as_json:
        sys.stdout.write(report_json(report, catalogue).decode() + "\n")
    else:
        print_page(page(report, catalogue, Medium.PLAIN), Console())


def _asset(asked: str | None, about: Universe) -> str:
    if asked is None:
        return MARKET
    found = find_asset(asked, about.assets)
    if found is None:
        nearest = ", ".join(nearest_assets(asked, about.assets))
        known = ", ".join(about.assets)
        raise SettingsError(f"--asset: unknown {asked!r}; nearest: {nearest}; known: {known}")
    return found

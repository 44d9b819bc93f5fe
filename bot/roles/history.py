"""The `backfill` command: the history that the exchanges keep, with progress on the terminal."""

from rich.console import Console

from bot.clock import Clock
from bot.metrics import Metrics
from bot.roles.collector import Collector, open_collector
from bot.settings import Settings
from bot.store.schema import migrate


async def fetch_history(settings: Settings, clock: Clock) -> None:
    """Collect one round from every exchange; NoExchangeError when nobody answers."""
    await migrate(settings.database_url)
    async with open_collector(settings, clock, Metrics()) as collector:
        await collect_with_progress(collector)


async def collect_with_progress(collector: Collector) -> None:
    """Collect one round, with what it does last shown on the terminal; failures are told."""
    console = Console(stderr=True)
    with console.status("fetching what is missing") as status:
        await collector.poller.collect_once(lambda step: status.update(f"fetching {step}"))
    for health in collector.poller.health:
        if health.is_failing:
            console.print(f"{health.exchange} {health.series}: {health.last_error}", style="yellow")

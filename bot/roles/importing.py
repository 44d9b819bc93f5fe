"""The `backfill --from` command: recorded series from a folder, without loading any exchange."""

from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from bot.clock import Clock
from bot.collectors.recorded import FileSummary, import_recorded
from bot.model.series import Series
from bot.settings import Settings
from bot.store.schema import migrate
from bot.store.store import open_store


async def import_folder(
    settings: Settings, clock: Clock, folder: Path, series: Collection[str]
) -> None:
    """Import the recorded series of a folder, as far as the clock knows them already."""
    console = Console(stderr=True)

    def tell(file: FileSummary) -> None:
        console.print(str(file))

    await migrate(settings.database_url)
    async with open_store(settings.database_url, clock) as store:
        wanted = [Series(name) for name in series] or None
        await import_recorded(folder, store, clock, series=wanted, progress=tell)

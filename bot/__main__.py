"""The command line: run · report · backfill · migrate · invite."""

import asyncio
import base64
import binascii
import sys
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.clock import Clock
from bot.errors import SettingsError, TokenError, UndertowError
from bot.log import configure_logs
from bot.metrics import served_metrics
from bot.model.windows import Window
from bot.settings import Role, Settings

app = typer.Typer(
    add_completion=False,
    help='Answers "why is the crypto market down?" with evidence.',
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class ReportKind(StrEnum):
    """The reports that are built."""

    MARKET = "market"
    ASSET = "asset"


class ImportedSeries(StrEnum):
    """The series that recorded folders may hold."""

    CANDLES = "candles"
    OPEN_INTEREST = "open_interest"
    FUNDING = "funding"
    LIQUIDATIONS = "liquidations"


@app.command()
def run(
    *, with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False
) -> None:
    """Start the bot: answer on Discord, and collect in a child process."""
    settings, clock = _start()
    _go(_run(settings, clock, with_parent=with_parent))


@app.command()
def report(
    kind: Annotated[ReportKind, typer.Argument(help="Which report")] = ReportKind.MARKET,
    asset: Annotated[str | None, typer.Option(help="One asset, such as BTC")] = None,
    window: Annotated[Window, typer.Option(help="How far to look back")] = Window.DAY,
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON for programs")] = False,
) -> None:
    """Collect what is missing and print a report; needs no Discord token."""
    settings, clock = _start(is_quiet=True)
    if kind is ReportKind.ASSET and asset is None:
        raise SettingsError("--asset: the asset report needs one, such as --asset BTC")
    from bot.roles.printing import print_report  # noqa: PLC0415 - ccxt and pandas take seconds

    _go(print_report(settings, clock, asset, window, as_json=json))


@app.command()
def backfill(
    folder: Annotated[
        Path | None, typer.Option("--from", help="A folder of recorded series to import")
    ] = None,
    series: Annotated[list[ImportedSeries] | None, typer.Option(help="Only these series")] = None,
) -> None:
    """Fetch the history that the exchanges keep, or import recorded series from a folder."""
    settings, clock = _start(is_quiet=True)
    if folder is None:
        from bot.roles.history import fetch_history  # noqa: PLC0415 - as above

        _go(fetch_history(settings, clock))
    else:
        from bot.roles.importing import import_folder  # noqa: PLC0415 - needs none of those

        _go(import_folder(settings, clock, folder, [one.value for one in series or ()]))


@app.command()
def migrate() -> None:
    """Bring the database's schema up to this program's."""
    from bot.store.schema import migrate as upgrade  # noqa: PLC0415 - alembic only where used

    settings, _ = _start()
    _go(upgrade(settings.database_url))


@app.command()
def invite() -> None:
    """Print the link that invites the bot to a server."""
    from bot.client import invitation_url  # noqa: PLC0415 - discord.py only where used

    settings, _ = _start()
    typer.echo(invitation_url(client_id(settings.required_token())))


def client_id(token: str) -> int:
    """Return the bot's id, which is the token's first part; TokenError when it is none."""
    first = token.partition(".")[0]
    try:
        return int(base64.b64decode(first + "=" * (-len(first) % 4)).decode("ascii"))
    except (binascii.Error, ValueError) as error:
        raise TokenError("DISCORD_TOKEN: this is no bot token") from error


async def _run(settings: Settings, clock: Clock, *, with_parent: bool) -> None:
    from bot.roles.lifetime import run_until, stop_event  # noqa: PLC0415 - each role imports its own

    if settings.role is not Role.COLLECTOR:
        settings.required_token()
    stop = stop_event(with_parent=with_parent)
    is_alone = settings.role is not Role.ALL and not with_parent
    await run_until(stop, _prepare_schema(settings, clock, is_alone=is_alone))
    if stop.is_set():
        return
    if settings.role is Role.COLLECTOR:
        await _run_collector(settings, clock, stop)
        return
    from bot.roles.gateway import run_gateway  # noqa: PLC0415 - as above

    await run_gateway(settings, clock, stop)


async def _run_collector(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    from bot.roles.collector import open_collector  # noqa: PLC0415 - ccxt and pandas take seconds

    with served_metrics(settings.metrics_port_of(Role.COLLECTOR)) as metrics:
        async with open_collector(settings, clock, metrics) as collector:
            await collector.run(stop)


async def _prepare_schema(settings: Settings, clock: Clock, *, is_alone: bool) -> None:
    """Migrate, or wait for whoever does: a role that was started alone never migrates."""
    from bot.store.schema import await_schema, migrate  # noqa: PLC0415 - as above

    if is_alone:
        await await_schema(settings.database_url, clock)
    else:
        await migrate(settings.database_url)


def _start(*, is_quiet: bool = False) -> tuple[Settings, Clock]:
    """Read the settings, open the log, start the clock; `is_quiet` logs errors alone."""
    settings = Settings.read()
    role = settings.role.value if settings.role is Role.COLLECTOR else Role.GATEWAY.value
    level = "ERROR" if is_quiet else settings.log_level
    configure_logs(level, role=role, secrets=settings.secrets())
    return settings, settings.clock()


def _go(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def main() -> None:
    """Run the command line; a known error ends it with one line and its exit code."""
    try:
        app()
    except UndertowError as error:
        typer.echo(f"undertow: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

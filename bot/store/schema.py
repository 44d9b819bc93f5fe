"""The schema's revision: reading it (light), waiting for it, and migrating to it (Alembic)."""

from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import Clock
from bot.errors import DatabaseError, SchemaTooNewError
from bot.store.address import database_url, shown, translated
from bot.store.database import begin_immediate, open_engine

# Every revision this program knows, oldest first. They stand here as well as in migrations/, so
# that a process that only looks need not load Alembic.
REVISIONS = ("0001",)

# Any number will do, as long as every process takes the same.
_MIGRATION_LOCK = 7_861_103


class SchemaState(StrEnum):
    """What the database's schema is to this program."""

    MISSING = "missing"
    OLD = "old"
    CURRENT = "current"
    TOO_NEW = "too new"


async def schema_state(url: str) -> SchemaState:
    """Return how the database's schema stands to this program's; DatabaseError if unreachable."""
    address = database_url(url)
    async with open_engine(address) as engine:
        return await read_state(engine, address)


async def read_state(engine: AsyncEngine, url: URL) -> SchemaState:
    """Return how the schema that an open engine sees stands to this program's."""
    with translated(url):
        async with engine.connect() as connection:
            revision = await connection.run_sync(_revision)
    if revision is None:
        return SchemaState.MISSING
    if revision not in REVISIONS:
        return SchemaState.TOO_NEW
    return SchemaState.CURRENT if revision == REVISIONS[-1] else SchemaState.OLD


async def migrate(url: str) -> None:
    """Bring the schema to this program's revision; does nothing when it is there already.

    Two processes may migrate at once. SchemaTooNewError when a newer program has migrated it.
    """
    address = database_url(url)
    async with open_engine(address) as engine:
        if check_state(await read_state(engine, address), address) is SchemaState.CURRENT:
            return
        with translated(address):
            async with begin_immediate(engine).begin() as connection:
                if engine.dialect.name == "postgresql":
                    lock = text("SELECT pg_advisory_xact_lock(:number)")
                    await connection.execute(lock, {"number": _MIGRATION_LOCK})
                await connection.run_sync(_upgrade)


async def await_schema(url: str, clock: Clock, seconds: float = 30) -> None:
    """Return when the database is reachable and migrated; DatabaseError after `seconds` without.

    SchemaTooNewError at once when a newer program has migrated it.
    """
    address = database_url(url)
    deadline = clock.monotonic() + seconds
    while True:
        try:
            state = await schema_state(url)
            problem = DatabaseError(
                f"database {shown(address)}: its schema is {state}: run `undertow migrate`"
            )
        except DatabaseError as error:
            problem, state = error, SchemaState.MISSING
        if check_state(state, address) is SchemaState.CURRENT:
            return
        if clock.monotonic() >= deadline:
            raise problem
        await clock.sleep(0.5)


def check_state(state: SchemaState, url: URL) -> SchemaState:
    """Return the state; SchemaTooNewError when this program is older than the schema."""
    if state is SchemaState.TOO_NEW:
        raise SchemaTooNewError(
            f"database {shown(url)}: a newer Undertow has migrated it; update this one"
        )
    return state


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - costs 0.1 s and 12 MB, needed once per schema
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""The writing statements that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Table, or_

from bot.model.series import Origin

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

    Insertion = SqliteInsert | PostgresqlInsert
    Rule = Callable[[Table, Insertion], ColumnElement[bool]]


def insertion(dialect: str, table: Table) -> "Insertion":
    """Return an insert into the table that knows what to do on a conflict."""
    # Each dialect is loaded only by those who use it.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def upsert(dialect: str, table: Table, rule: "Rule | None" = None) -> "Insertion":
    """Return an insert that replaces the row of the same primary key, where the rule allows it."""
    statement = insertion(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={
            column.name: statement.excluded[column.name]
            for column in table.columns
            if not column.primary_key
        },
        where=None if rule is None else rule(table, statement),
    )


def live_first(table: Table, statement: "Insertion") -> ColumnElement[bool]:
    """Allow everything but a recorded record in the place of a live one."""
    return or_(table.c.origin != Origin.LIVE, statement.excluded.origin == Origin.LIVE)


def newer_first(column: str) -> "Rule":
    """Return the rule that nothing replaces what is newer by `column`."""

    def rule(table: Table, statement: "Insertion") -> ColumnElement[bool]:
        return statement.excluded[column] >= table.c[column]

    return rule

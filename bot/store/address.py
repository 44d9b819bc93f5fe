"""Where the database is: its URL, how it may be shown, and its errors in one line each."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.errors import DatabaseError, SettingsError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_EXPECTED = "DATABASE_URL: expected sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME"


def database_url(text: str) -> URL:
    """Return the URL with its async driver; SettingsError (which shows no part of it) otherwise."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The cause holds the text, and the text may hold a password.
        raise SettingsError(f"{_EXPECTED}; this is not a URL") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise SettingsError(f"{_EXPECTED}, not {url.drivername}")
    url = url.set(drivername=driver)
    if is_sqlite(url) and (url.host or url.database in {None, "", ":memory:"}):
        raise SettingsError(f"{_EXPECTED}; both processes need the same file")
    return url


def is_sqlite(url: URL) -> bool:
    """Return True for a SQLite file, False for PostgreSQL."""
    return url.get_backend_name() == "sqlite"


def shown(url: URL) -> str:
    """Return the URL as messages may show it: without password and query."""
    if is_sqlite(url):
        return str(url.database)
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn whatever the driver raises inside into a DatabaseError of one line."""
    try:
        yield
    except _driver_errors(url) as error:
        raise DatabaseError(f"database {shown(url)}: {_reason(error, url)}") from error


def _driver_errors(url: URL) -> tuple[type[Exception], ...]:
    if is_sqlite(url):
        return (SQLAlchemyError, sqlite3.Error, OSError)
    # asyncpg raises its own errors while it connects; it is loaded only where it is used.
    from asyncpg import InterfaceError, PostgresError  # noqa: PLC0415

    return (SQLAlchemyError, OSError, PostgresError, InterfaceError)


def _reason(error: Exception, url: URL) -> str:
    cause: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig
    line = next(iter(str(cause).splitlines()), "") or type(cause).__name__
    password = url.password
    return line.replace(str(password), "***") if password else line

import pytest

from bot.errors import DatabaseError, SettingsError
from bot.store.address import database_url, shown
from bot.store.database import open_database


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("sqlite:///undertow.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///undertow.db", "sqlite+aiosqlite"),
        ("postgres://user@host/name", "postgresql+asyncpg"),
        ("postgresql://user@host/name", "postgresql+asyncpg"),
        ("postgresql+asyncpg://user@host/name", "postgresql+asyncpg"),
    ],
)
def test_urls_get_their_async_driver(text, driver):
    assert database_url(text).drivername == driver


@pytest.mark.parametrize(
    "text",
    [
        "",
        "undertow.db",
        "mysql://user:hunter2@host/name",
        "postgresql+psycopg2://user:hunter2@host/name",
        "postgresql://user:hunter2@host:notaport/name",
        "sqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite://undertow.db",
    ],
)
def test_other_urls_are_refused_in_one_line_that_names_the_setting(text):
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: expected sqlite\+aiosqlite") as caught:
        database_url(text)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_password_is_never_shown():
    url = database_url("postgresql://user:hunter2@host:5433/name?sslpassword=hunter3")
    assert shown(url) == "postgresql+asyncpg://user:***@host:5433/name"


async def message(url):
    with pytest.raises(DatabaseError) as caught:
        async with open_database(url):
            pass
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert "sqlalche.me" not in text
    return text


async def test_a_missing_folder(tmp_path):
    path = tmp_path / "nowhere" / "undertow.db"
    assert await message(f"sqlite+aiosqlite:///{path}") == (
        f"database {path}: unable to open database file"
    )


async def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "undertow.db"
    path.write_text("this is not a database at all, " * 100)
    assert await message(f"sqlite+aiosqlite:///{path}") == (
        f"database {path}: file is not a database"
    )


async def test_nobody_listens(unused_tcp_port):
    text = await message(f"postgresql://user:hunter2@127.0.0.1:{unused_tcp_port}/name")
    assert f"127.0.0.1:{unused_tcp_port}" in text
    assert "hunter2" not in text


async def test_an_unknown_host():
    assert "nowhere.invalid" in await message("postgresql://user:hunter2@nowhere.invalid/name")


async def test_a_wrong_password(postgresql):
    url = postgresql.url("migrated", "guarded")
    text = await message(url.replace("guarded@", "guarded:hunter2@"))
    assert 'password authentication failed for user "guarded"' in text
    assert "hunter2" not in text


async def test_the_right_password(postgresql):
    url = postgresql.url("migrated", "guarded")
    async with open_database(url.replace("guarded@", "guarded:right@")) as database:
        assert database.dialect == "postgresql"


async def test_a_missing_database(postgresql):
    assert 'database "nowhere" does not exist' in await message(postgresql.url("nowhere"))

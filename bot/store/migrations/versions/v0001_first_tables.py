"""The first tables: the series, what was collected, what was published, and signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    _series()
    _coverage()
    _published()
    _processes()


def downgrade() -> None:
    """Drop every table."""
    for name in (
        "candles",
        "funding",
        "gaps",
        "liquidations",
        "open_interest",
        "reports",
        "requests",
        "signs",
        "spans",
        "state",
        "tickers",
        "versions",
    ):
        op.drop_table(name)


def _series() -> None:
    op.create_table(
        "candles",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("open_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("open", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("close", sa.Double(), nullable=False),
        sa.Column("volume", sa.Double(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "open_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_interest",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("snapshot_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("open_interest_base", sa.Double(), nullable=False),
        sa.Column("open_interest_notional", sa.Double(), nullable=False),
        sa.Column("raw_amount", sa.Double(), nullable=True),
        sa.Column("raw_value", sa.Double(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", "snapshot_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "funding",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("funding_rate", sa.Double(), nullable=False),
        sa.Column("interval_hours", sa.Double(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", "settled_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "liquidations",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("open_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("liquidated_side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("base_amount", sa.Double(), nullable=False),
        sa.Column("notional", sa.Double(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "exchange", "symbol", "timeframe", "open_ms", "liquidated_side", "kind"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tickers",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_price", sa.Double(), nullable=False),
        sa.Column("mark_price", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("exchange", "symbol"),
        sqlite_with_rowid=False,
    )


def _coverage() -> None:
    op.create_table(
        "spans",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", "series", "kind", "origin", "start_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gaps",
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", "symbol", "series", "kind", "start_ms"),
        sqlite_with_rowid=False,
    )


def _published() -> None:
    op.create_table(
        "reports",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("as_of_ms", sa.BigInteger(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("requested_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("reports_by_version", "reports", ["version", "key"])
    op.create_index(
        "one_open_request_per_key",
        "requests",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _processes() -> None:
    op.create_table(
        "signs",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("role"),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )

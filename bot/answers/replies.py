"""What goes out on Discord for an answer: once, within the time, and never nothing."""

import secrets

import aiohttp
import discord

from bot.answers.desk import Answer, Desk
from bot.answers.notices import notice
from bot.errors import UndertowError
from bot.log import logger
from bot.metrics import Metrics
from bot.model.report import ReportKey
from bot.wording.catalogue import Catalogue, read_catalogue

_log = logger(__name__)

Interaction = discord.Interaction[discord.Client]

_ECHO_LIMIT = 40
# What goes wrong while sending: Discord's answers, and a connection that gives none.
_SENDING_ERRORS = (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError)


class UnknownAssetError(UndertowError):
    """An asset that no report is about; names the nearest known ones."""

    def __init__(self, asked: str, nearest: list[str], known: list[str]) -> None:
        super().__init__(f"unknown asset {asked!r}")
        self.asked = asked
        self.nearest = nearest
        self.known = known


class Replies:
    """Sends answers and apologies."""

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self._desk = desk
        self._metrics = metrics

    async def report(self, interaction: Interaction, key: ReportKey) -> None:
        """Send the report of `key`: at once when it stands, else deferred until it is prepared."""
        catalogue = read_catalogue(_language(interaction))
        answer = self._desk.at_once(key)
        if answer is not None and answer.standing is not None:
            embed = answer.standing.embed(catalogue.locale.language)
            await interaction.response.send_message(notice(answer, catalogue), embed=embed)
            self._metrics.answered("standing")
            return
        await interaction.response.defer(thinking=True)
        await self._edit(interaction, await self._desk.prepared(key), catalogue)
        self._metrics.answered("prepared")

    async def failure(self, interaction: Interaction, error: Exception) -> None:
        """Tell the user politely that something went wrong, with an id that is in the log."""
        catalogue = read_catalogue(_language(interaction))
        if isinstance(error, UnknownAssetError):
            await _privately(interaction, _unknown_asset(error, catalogue))
            return
        failure_id = secrets.token_hex(3)
        _log.error("command failed", failure_id=failure_id, exc_info=error)
        self._metrics.answered("failed")
        text = catalogue.titles["failure"].format(failure_id=failure_id)
        await _privately(interaction, text)

    async def _edit(self, interaction: Interaction, answer: Answer, catalogue: Catalogue) -> None:
        said = notice(answer, catalogue)
        if answer.standing is None:
            await interaction.edit_original_response(content=said)
            return
        embed = answer.standing.embed(catalogue.locale.language)
        await interaction.edit_original_response(content=said, embed=embed)


async def _privately(interaction: Interaction, text: str) -> None:
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except _SENDING_ERRORS as error:
        _log.error("the reply could not be sent", problem=repr(error))


def _unknown_asset(error: UnknownAssetError, catalogue: Catalogue) -> str:
    return catalogue.titles["unknown_asset"].format(
        asked=_harmless(error.asked),
        nearest=", ".join(error.nearest),
        known=", ".join(error.known),
    )


def _harmless(text: str) -> str:
    """Return what a user typed as one short line that is shown as it is and mentions nobody."""
    line = " ".join(text.split())[:_ECHO_LIMIT]
    printable = "".join(sign for sign in line if sign.isprintable())
    escaped = discord.utils.escape_markdown(printable, ignore_links=False)
    return discord.utils.escape_mentions(escaped)


def _language(interaction: Interaction) -> str:
    return interaction.locale.value.partition("-")[0]

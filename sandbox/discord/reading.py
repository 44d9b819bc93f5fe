"""Reads a request: JSON, or a form with `payload_json` and files."""

from email.parser import BytesParser

import msgspec
from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.messages import Upload

FILE_LIMIT = 10 * 1024 * 1024
FILE_FIELD = "files["


async def read_body(request: web.Request) -> tuple[object, dict[str, Upload]]:
    """Return the decoded body (None when there is none) and the files by their number.

    Raises DiscordError for a body that is no JSON and for a file above 10 MiB.
    """
    if request.content_type == "multipart/form-data":
        return await _read_form(request)
    raw = await request.read()
    return (_decoded(raw) if raw else None), {}


async def _read_form(request: web.Request) -> tuple[object, dict[str, Upload]]:
    # aiohttp's own reader takes seconds of CPU for 10 MiB; splitting at the boundary takes none.
    raw = b"".join([chunk async for chunk in request.content.iter_any()])
    boundary = request.headers["Content-Type"].partition("boundary=")[2].strip('"')
    body: object = {}
    files: dict[str, Upload] = {}
    for part in raw.split(f"--{boundary}".encode())[1:-1]:
        head, _, data = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        headers = BytesParser().parsebytes(head.lstrip(b"\r\n"), headersonly=True)
        name = str(headers.get_param("name", "", "content-disposition"))
        if name == "payload_json":
            body = _decoded(data)
        elif name.startswith(FILE_FIELD):
            number = name.removeprefix(FILE_FIELD).removesuffix("]")
            files[number] = Upload(headers.get_filename("file"), headers.get_content_type(), data)
    if any(len(upload.data) > FILE_LIMIT for upload in files.values()):
        raise errors.file_too_large()
    return body, files


def _decoded(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise errors.invalid_json() from None

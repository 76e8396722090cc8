"""Downloading one file from a URL, resuming after failures."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from httpx2 import HTTPError, InvalidURL, RemoteProtocolError, Response, TransportError
from huggingface_hub.utils import get_session

from nlpkit.presets.sources.handle import is_loopback, is_trusted_url
from nlpkit.presets.sources.responses import PLAIN, Answers, checked
from nlpkit.presets.sources.retry import PASSING_STATUS, Deadline, with_retries
from nlpkit.presets.sources.source import FileFacts, Progress, SourceError, UnreachableError

TIMEOUT = 10.0
_DIGITS = 16
# Compressed as little or as much as these do it, 64 kB of an answer make 64 MB at the most.
_ANSWERS = Answers(encodings=("identity", "gzip", "deflate"))


class StatusError(Exception):
    """A server answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.url} answered {response.status_code}")
        self.response = response


def head(url: str) -> FileFacts | None:
    """What a server says of a file, or None if it has none there."""

    def ask() -> Response:
        with checked(_ANSWERS):
            response = get_session().request("HEAD", url, headers=PLAIN, timeout=TIMEOUT)
        return _require_good(response, url)

    response = _attempts(ask)
    if response is None:
        return None
    size = response.headers.get("Content-Length", "")
    return FileFacts(int(size) if size.isdecimal() and len(size) < _DIGITS else None)


def download(url: str, path: Path, facts: FileFacts, limit: int | None, progress: Progress) -> bool:
    """Download a file atomically, under a temporary name first.

    Args:
        url: its address.
        path: what it shall be.
        facts: what is known of it.
        limit: int or None. The maximum size in bytes.
        progress: called with the number of bytes, whenever some have come.

    Returns:
        Whether the server has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    for own in (part, _mark(part)):
        # What another program put there would be written through, or waited for.
        if own.is_fifo() or (own.is_symlink() and not own.is_char_device()):
            own.unlink()
    deadline = Deadline()

    def count(size: int) -> None:
        deadline.extend(size)
        progress(size)

    if _attempts(lambda: _Transfer(url, part, limit, count).run(), deadline) is None:
        return False
    found = part.stat().st_size
    if facts.size not in (None, found):
        part.unlink()
        raise SourceError(f"{url} has another size than the {facts.size} stated")
    if limit is not None and found > limit:
        part.unlink()
        raise SourceError(f"{url} is larger than the {limit} bytes it may have")
    os.replace(part, path)
    _mark(part).unlink(missing_ok=True)
    return True


class _Transfer:
    """One attempt. The part that is there is kept, and continued if it is of the same file."""

    def __init__(self, url: str, part: Path, limit: int | None, progress: Progress) -> None:
        self._url, self._part, self._limit, self._progress = url, part, limit, progress

    def run(self) -> bool:
        start = self._part.stat().st_size if self._part.exists() else 0
        mark = _mark(self._part)
        validator = mark.read_text(encoding="utf-8") if mark.exists() else ""
        headers = dict(PLAIN)
        if start and validator:
            headers |= {"Range": f"bytes={start}-", "If-Range": validator}
        with (
            checked(_ANSWERS),
            get_session().stream("GET", self._url, headers=headers, timeout=TIMEOUT) as response,
        ):
            if response.status_code == 416:
                self._part.unlink(missing_ok=True)
            _require_good(response, self._url)
            start = start if response.status_code == 206 else 0
            end = self._end(response, start)
            mark.write_text(_validator(response), encoding="utf-8")
            size = self._write(response, start)
        if end not in (None, size):
            raise RemoteProtocolError(f"{self._url} sent {size} of {end} bytes")
        return True

    def _end(self, response: Response, start: int) -> int | None:
        """The file's size, if the answer is a part of it."""
        if response.status_code != 206:
            return None
        stated = response.headers.get("Content-Range", "")
        match = re.fullmatch(rf"bytes {start}-[0-9]+/([0-9]{{1,{_DIGITS}}}|\*)", stated)
        if not match:
            self._part.unlink(missing_ok=True)
            raise RemoteProtocolError(f"{self._url} sent another part than it was asked for")
        return int(match[1]) if match[1] != "*" else None

    def _write(self, response: Response, start: int) -> int:
        size = start
        with self._part.open("r+b" if start else "wb") as file:
            file.seek(start)
            for chunk in response.iter_bytes():
                self._progress(len(chunk))
                file.write(chunk)
                size += len(chunk)
                if self._limit is not None and size > self._limit:
                    break
        return size


def _attempts(action: Any, deadline: Deadline | None = None) -> Any:
    """The result of an action on a server, or None if it has no such file."""
    try:
        return with_retries(action, _is_passing, deadline)
    except StatusError as error:
        if error.response.status_code in (404, 410):
            return None
        if error.response.status_code in (401, 403):
            raise SourceError(f"{error}: it may not be read without a password") from error
        raise UnreachableError(str(error)) from error
    except (HTTPError, InvalidURL) as error:
        raise UnreachableError(f"the server does not answer: {error}") from error


def _require_good(response: Response, url: str) -> Response:
    target = response.url
    outside = is_loopback(target.host) and not is_loopback(urlsplit(url).hostname)
    if outside or not is_trusted_url(target.scheme, target.host):
        raise SourceError(f"{url} redirects to {target.scheme}://{target.host}, which is not safe")
    if response.status_code >= 400:
        raise StatusError(response)
    return response


def _is_passing(error: Exception) -> bool:
    if isinstance(error, StatusError):
        return error.response.status_code in (*PASSING_STATUS, 416)
    return isinstance(error, TransportError)


def _validator(response: Response) -> str:
    """The validator of a file: a strong ETag, otherwise the date."""
    tag = response.headers.get("ETag", "")
    stated = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    return str(stated) if stated.isascii() and stated.isprintable() else ""


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")

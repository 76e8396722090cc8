"""Downloading one file from a URL: in attempts that go on where the last one broke."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from httpx2 import Response, TransportError
from huggingface_hub.utils import get_session

from nlpkit.presets.handle import is_loopback, is_trusted_url
from nlpkit.presets.retrying import PASSING_STATUS, with_retries
from nlpkit.presets.sources import FileFacts, Progress, SourceError, UnreachableError

TIMEOUT = 10.0


class StatusError(Exception):
    """A server answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.url} answered {response.status_code}")
        self.response = response


def head(url: str) -> FileFacts | None:
    """What a server says of a file, or None if it has none there."""
    headers = {"Accept-Encoding": "identity"}

    def ask() -> Response:
        return _checked(get_session().request("HEAD", url, headers=headers, timeout=TIMEOUT), url)

    response = _attempts(ask)
    if response is None:
        return None
    size = response.headers.get("Content-Length", "")
    return FileFacts(int(size) if size.isdecimal() else None)


def download(url: str, path: Path, facts: FileFacts, progress: Progress) -> bool:
    """Download a file: under another name first, so that it is there in full or not at all.

    Args:
        url: its address.
        path: what it shall be.
        facts: what is known of it.
        progress: called with the number of bytes, whenever some have come.

    Returns:
        Whether the server has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    if _attempts(lambda: _Transfer(url, part, facts, progress).run()) is None:
        return False
    os.replace(part, path)
    _mark(part).unlink(missing_ok=True)
    return True


class _Transfer:
    """One attempt. The part that is there is kept, and continued if it is of the same file."""

    def __init__(self, url: str, part: Path, facts: FileFacts, progress: Progress) -> None:
        self._url, self._part, self._facts, self._progress = url, part, facts, progress

    def run(self) -> bool:
        start = self._part.stat().st_size if self._part.exists() else 0
        mark = _mark(self._part)
        validator = mark.read_text(encoding="utf-8") if mark.exists() else ""
        headers = {"Accept-Encoding": "identity"}
        if start and validator:
            headers |= {"Range": f"bytes={start}-", "If-Range": validator}
        with get_session().stream("GET", self._url, headers=headers, timeout=TIMEOUT) as response:
            if response.status_code == 416:
                self._part.unlink(missing_ok=True)
            _checked(response, self._url)
            continued = response.status_code == 206
            mark.write_text(_validator(response), encoding="utf-8")
            self._write(response, start if continued else 0)
        return True

    def _write(self, response: Response, start: int) -> None:
        size = start
        with self._part.open("r+b" if start else "wb") as file:
            file.seek(start)
            for chunk in response.iter_bytes():
                file.write(chunk)
                size += len(chunk)
                self._progress(len(chunk))
                if isinstance(self._facts.size, int) and size > self._facts.size:
                    break
        if self._facts.size not in (None, size):
            self._part.unlink()
            raise SourceError(f"{self._url} has another size than the {self._facts.size} stated")


def _attempts(action: Any) -> Any:
    """The result of an action on a server, or None if it has no such file."""
    try:
        return with_retries(action, _is_passing)
    except StatusError as error:
        if error.response.status_code in (404, 410):
            return None
        if error.response.status_code in (401, 403):
            raise SourceError(f"{error}: it may not be read without a password") from error
        raise UnreachableError(str(error)) from error
    except TransportError as error:
        raise UnreachableError(f"the server does not answer: {error}") from error


def _checked(response: Response, url: str) -> Response:
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
    """What says that a file is still the same: a strong ETag, else the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")

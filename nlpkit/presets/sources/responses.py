"""Response checks.

huggingface_hub uses the commit and the ETag that a server states in the paths of its cache, and
reads responses other than files without a limit. So its client, which nlpkit uses too, has a hook
that checks each response; responses to other code in the process are not changed.
"""

import contextlib
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from httpx2 import Client, Response, SyncByteStream
from huggingface_hub import constants
from huggingface_hub.utils import _http as client
from huggingface_hub.utils import get_session

from nlpkit.presets.formats.safe_json import LARGE, MEBIBYTE
from nlpkit.presets.sources.handle import COMMIT, is_loopback
from nlpkit.presets.sources.source import FileFacts, SourceError

# No path, and long enough to be none of Windows' devices (NUL, COM1).
_ETAG = re.compile(r"[\w+=-]{5,128}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What is asked for as it is does not grow when it has come.
PLAIN = {"Accept-Encoding": "identity"}


@dataclass
class Answers:
    """What the answers to one call may be, and what they said.

    Attributes:
        is_file: bool. Whether a file is asked for, whose size the caller bounds.
        commit: str or None. The revision that is asked for.
        encodings: tuple of str. How the answer may be encoded.
        etag: str. What the last one named a file's content.
    """

    is_file: bool = True
    commit: str | None = None
    encodings: tuple[str, ...] = ("identity",)
    etag: str = ""


_ANSWERS: ContextVar[Answers | None] = ContextVar("_ANSWERS", default=None)


@contextlib.contextmanager
def checked(answers: Answers) -> Iterator[None]:
    """Check the responses to this thread in a context.

    Raises:
        SourceError: a response is invalid.
    """
    _install()
    token = _ANSWERS.set(answers)
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def facts_of(etag: str) -> FileFacts:
    """What an ETag states of a file: the Hub's are hashes, and name the files in its cache."""
    etag = etag.lower()
    if COMMIT.fullmatch(etag):
        return FileFacts(git_sha1=etag)
    return FileFacts(sha256=etag) if _SHA256.fullmatch(etag) else FileFacts()


class _Factory:
    """Creates clients with another factory, and adds the hook."""

    def __init__(self, factory: client.CLIENT_FACTORY_T) -> None:
        self._factory = factory

    def __call__(self) -> Client:
        return _hooked(self._factory())


def _install() -> None:
    # A server can have huggingface_hub replace its client between two questions, by refusing a
    # connection; so the factory has the hook, too. `set_client_factory` would close the client that
    # other threads may be using.
    if not isinstance(client._GLOBAL_CLIENT_FACTORY, _Factory):
        client._GLOBAL_CLIENT_FACTORY = _Factory(client._GLOBAL_CLIENT_FACTORY)
    _hooked(get_session())


def _hooked(session: Client) -> Client:
    hooks = session.event_hooks["response"]
    if _check not in hooks:
        hooks.append(_check)
    return session


def _check(response: Response) -> None:
    answers = _ANSWERS.get()
    if answers is None:
        return
    if response.headers.get("Content-Encoding", "identity").lower() not in answers.encodings:
        raise SourceError(f"{response.url} answers compressed, though it was asked not to")
    _check_redirect(response)
    if not answers.is_file or response.status_code >= 300:
        response.stream = _Bounded(response.stream, str(response.url))
    if answers.commit is not None:
        _check_file_of_hub(response, answers)


def _check_file_of_hub(response: Response, answers: Answers) -> None:
    commit = response.headers.get(constants.HUGGINGFACE_HEADER_X_REPO_COMMIT, answers.commit)
    if commit != answers.commit:
        raise SourceError(
            f"{response.url} is of the revision {commit!r:.80}, not {answers.commit} as asked for"
        )
    xet = response.headers.get(constants.HUGGINGFACE_HEADER_X_XET_HASH)
    if xet is not None and not _SHA256.fullmatch(xet):
        raise SourceError(
            f"{response.url} names its content {xet!r:.80}, which is not a hash of Xet"
        )
    if response.request.method == "HEAD" and not _is_followed(response):
        answers.etag = _etag(response)


def _is_followed(response: Response) -> bool:
    """Whether huggingface_hub goes on to another address of the same server."""
    if not response.has_redirect_location:
        return False
    here, there = response.url, response.url.join(response.headers["Location"])
    return (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)


def _etag(response: Response) -> str:
    """The name that huggingface_hub would give the file's content."""
    headers = response.headers
    stated = headers.get(constants.HUGGINGFACE_HEADER_X_LINKED_ETAG) or headers.get("ETag")
    if stated is None:
        return ""
    etag = stated.lstrip("W/").strip('"')
    if not _ETAG.fullmatch(etag):
        raise SourceError(f"{response.url} has an ETag that is not a file name: {stated!r:.80}")
    return str(etag)


def _check_redirect(response: Response) -> None:
    """Reject redirects to this machine and to unencrypted connections."""
    if not response.has_redirect_location:
        return
    here, there = response.url, response.url.join(response.headers["Location"])
    is_safe = there.scheme in ("https", here.scheme)
    # This machine's servers may trust who is on it, and what leaves it is to be encrypted.
    if is_loopback(there.host) != is_loopback(here.host):
        is_safe = there.scheme == "https" and is_loopback(here.host)
    if not is_safe:
        raise SourceError(f"{here} redirects to {there.scheme}://{there.host}, which is not safe")


class _Bounded(SyncByteStream):
    """The body of a response in memory, with a size limit."""

    def __init__(self, stream: object, url: str) -> None:
        self._stream, self._url = stream, url

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:  # type: ignore[attr-defined]
            size += len(chunk)
            if size > LARGE:
                raise SourceError(f"{self._url} answers more than {LARGE // MEBIBYTE} MiB")
            yield chunk

    def close(self) -> None:
        self._stream.close()  # type: ignore[attr-defined]

"""Handles: strings that give the source and revision of a preset."""

import dataclasses
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

FORMS = (
    "hf://org/repo[@revision], kaggle://owner/model/framework/variation[/version], "
    "https://host/folder, file:///folder"
)
# What git names a revision of the Hub.
COMMIT = re.compile(r"[0-9a-f]{40}")
# No part is "." or "..", or hidden: they become folders of the caches.
_PART = r"[\w-][\w.-]*"
_HUB = re.compile(rf"({_PART}/{_PART})(?:@({_PART}(?:/{_PART})*))?", re.ASCII)
_KAGGLE = re.compile(rf"({_PART}(?:/{_PART}){{3}})(?:/([0-9]+))?", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Handle:
    """The source and revision of a remote preset.

    Attributes:
        scheme: str. "hf", "kaggle" or "https" (for http on this machine too).
        location: str. The repository's or model's name, or the URL without a closing slash.
        revision: str or None. A commit, branch or tag, or a version; None for the newest.
    """

    scheme: str
    location: str
    revision: str | None = None

    def __str__(self) -> str:
        if self.scheme == "https":
            return self.location
        divider = "@" if self.scheme == "hf" else "/"
        revision = f"{divider}{self.revision}" if self.revision else ""
        return f"{self.scheme}://{self.location}{revision}"

    def at(self, revision: str | None) -> "Handle":
        """The same source in another revision."""
        return dataclasses.replace(self, revision=revision)


def is_remote(text: str) -> bool:
    """Whether a string is a handle of a remote preset."""
    return text.startswith(("hf://", "kaggle://", "https://", "http://"))


def parse_handle(text: str) -> Handle:
    """Read a handle.

    Raises:
        ValueError: it has no known form, or would use an unencrypted connection.
    """
    scheme, _, rest = text.partition("://")
    if scheme in ("https", "http"):
        return _parse_url(text)
    pattern = {"hf": _HUB, "kaggle": _KAGGLE}.get(scheme)
    match = pattern and pattern.fullmatch(rest.rstrip("/"))
    if not match or ".." in rest:
        raise ValueError(f"{text!r} is not a handle of a preset; handles are {FORMS}.")
    return Handle(scheme, match[1], match[2])


def is_trusted_url(scheme: str, host: str | None) -> bool:
    """Whether a URL is encrypted, or stays on this machine."""
    return scheme == "https" or (scheme == "http" and is_loopback(host))


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return host in _LOOPBACK


def _parse_url(text: str) -> Handle:
    parts = urlsplit(text)
    if not is_trusted_url(parts.scheme, parts.hostname):
        raise ValueError(
            f"{text!r} would be read over an unencrypted connection, on which anybody may change "
            "it; use https://. (http:// is for localhost.)"
        )
    if not parts.hostname or parts.query or parts.fragment or parts.password or parts.username:
        raise ValueError(
            f"{parts.scheme}://{parts.hostname}{parts.path} must be the address of a folder, "
            "without user, password, query or fragment."
        )
    return Handle("https", text.rstrip("/"))

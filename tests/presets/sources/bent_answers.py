"""Answers that are bent on their way: what `HubServer.bends` takes, by what is wrong with them."""

import gzip
import itertools
import json
import time


def states(**changes):
    """Headers that say something else; None for those that are left out."""
    changes = {name.replace("_", "-"): value for name, value in changes.items()}

    def bend(name, status, headers, content):
        headers = {key: value for key, value in {**headers, **changes}.items() if value is not None}
        return status, headers, content

    return bend


def sends(content, status=200, **changes):
    """Other content, or a function of what it should be; iterators come without a length."""

    def bend(name, _, headers, right):
        found = content(right) if callable(content) else content
        size = len(found) if isinstance(found, bytes) else None
        return states(**{"Content_Length": size, **changes})(name, status, headers, found)

    return bend


def tells(**changes):
    """An answer of the Hub's API in which something else stands."""
    return sends(lambda right: json.dumps({**json.loads(right), **changes}).encode())


def lists(change):
    """An answer of the Hub's API with its list of files changed."""

    def content(right):
        told = json.loads(right)
        return json.dumps({**told, "siblings": change(told["siblings"])}).encode()

    return sends(content)


def each(**changes):
    return lists(lambda files: [{**file, **changes} for file in files])


def also(*names):
    return lists(lambda files: [*files, *({"rfilename": name} for name in names)])


def endless(part=b"x" * 65536):
    return sends(lambda _: itertools.repeat(part))


def drips(part=b"x", status=200):
    def content(_):
        while True:
            yield part
            time.sleep(0.02)

    return sends(content, status)


def byte_by_byte():
    """One byte, and the line is closed: again and again, as huggingface_hub goes on."""
    return sends(lambda right: iter([right[:1]]), Content_Length=100)


def drips_headers():
    def content(_):
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        yield from drips()("", 200, {}, b"")[2]

    return sends(content, None)


def redirects(place):
    return sends(b"", 302, Location=place)


def bomb(_):
    return gzip.compress(bytes(8 << 20))


def only(name, bend):
    """What bends the answers about one file alone."""

    def bend_one(path, *answer):
        return bend(path, *answer) if path.endswith(name) else answer

    return bend_one


def manifest(*names, size=1):
    """A nlpkit.json that lists these files."""
    facts = {"size": size, "sha256": "0" * 64}
    return sends(json.dumps({"files": dict.fromkeys(names, facts)}).encode())

"""Faults of servers and caches, a line each: what is answered or planted, and what nlpkit says."""

import gzip
import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass

from presets.hostile.planted_files import SECRET, blob_elsewhere, fifo, link
from presets.sources.bent_answers import (
    also,
    bomb,
    byte_by_byte,
    drips,
    drips_headers,
    each,
    endless,
    lists,
    manifest,
    only,
    redirects,
    sends,
    states,
    tells,
)

FILES = {
    "config.json": json.dumps({"model_type": "tiny"}).encode(),
    "vocab.txt": b"a\nfine\nfilm",
    "model.safetensors": bytes(range(256)) * 40,
}
SHA1 = hashlib.sha1(FILES["vocab.txt"]).hexdigest()
UP = "../" * 4 + SECRET
# Where nobody can write, even if nlpkit tries.
ABSOLUTE = "/proc/nothing"
NO_HUB = "does not answer like a Hub"
DAMAGED = "arrived damaged twice and was deleted"
STALLS = "the server stalls"


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        name: str. For the test's name.
        kind: str. Which answers are bent: a key of `HubServer.bends`; "" for none.
        act: what bends them; or, of no kind, plants something, given the caches' folder and the
            snapshot's commit.
        says: str or None. What nlpkit says; None if it brings the right files none the less.
    """

    name: str
    kind: str
    act: Callable
    says: str | None


def _rows(kind, says, **acts):
    return [Fault(name.replace("_", "-"), kind, act, says) for name, act in acts.items()]


OF_THE_API = [
    *_rows(
        "api",
        "states no revision of it",
        sha_above=tells(sha=UP),
        sha_absolute=tells(sha=ABSOLUTE),
        sha_of_dots=tells(sha=".."),
        sha_empty=tells(sha=""),
        sha_absent=tells(sha=None),
        sha_number=tells(sha=5),
        sha_branch=tells(sha="main"),
        sha_short=tells(sha="a" * 39),
        sha_with_a_line=tells(sha="a" * 40 + "\n"),
        sha_uppercase=tells(sha="A" * 40),
    ),
    *_rows(
        "api",
        NO_HUB,
        siblings_word=tells(siblings="config.json"),
        siblings_numbers=tells(siblings=[1, 2]),
        siblings_without_name=tells(siblings=[{}]),
        lfs_without_facts=each(lfs={"a": 1}),
        not_json=sends(b"<html>Log in</html>"),
        empty=sends(b""),
        a_list=sends(b"[]"),
        deep=sends(b'{"a":' * 90000),
    ),
    *_rows(
        "api",
        "holds neither nlpkit.json nor config.json",
        siblings_absent=tells(siblings=None),
        names_of_no_type=lists(lambda _: [{"rfilename": None}, {"rfilename": 3}]),
        names_elsewhere=lists(lambda _: [{"rfilename": ABSOLUTE}, {"rfilename": UP}]),
    ),
    *_rows(
        "api",
        None,
        more_names=also(UP, ABSOLUTE, "a\0b", "..\\..\\x", "C:\\x", "assets/../../x"),
        same_name_twice=also("config.json", "vocab.txt"),
        sizes_absent=each(size=None, lfs=None, blobId=None),
        sizes_negative=each(size=-1, lfs=None),
        sizes_words=each(size="12", lfs=None),
    ),
    Fault("sizes-beyond-the-disk", "api", each(size=10**30, lfs=None), "MB are free"),
    Fault("hashes-of-others", "api", each(blobId="0" * 40, lfs=None), DAMAGED),
    Fault("hashes-of-no-type", "api", each(blobId=7, lfs=None), DAMAGED),
    Fault("sizes-too-small", "api", each(size=3, lfs=None), "larger than the 3 bytes it may have"),
    Fault("sizes-too-large", "api", each(size=10**5, lfs=None), DAMAGED),
    Fault("compressed", "api", sends(bomb, Content_Encoding="gzip"), "answers compressed"),
    Fault("endless", "api", endless(), "answers more than 1 MiB"),
    Fault(
        "endless-error", "api", sends(lambda _: itertools.repeat(bytes(65536)), 500), "more than"
    ),
    Fault("dripping", "api", drips(), STALLS),
    Fault("dripping-headers", "api", drips_headers(), STALLS),
    Fault("busy-for-years", "api", sends(b"", 429, Retry_After="1e9"), "does not answer"),
    Fault("leads-to-a-file", "api", redirects(f"file:///{SECRET}"), "redirects to file://"),
    Fault("leads-off-this-machine", "api", redirects("http://192.0.2.1/x"), "redirects to http://"),
    Fault("leads-nowhere", "api", redirects("http://[/"), "which is not safe"),
    Fault(
        "says-what-a-terminal-obeys",
        "api",
        sends(b'{"error": "\\u001b[2Jgone"}', 418, X_Error_Message="a" * 9000),
        r"does not answer as it should: [\x20-\x7e]{1,600}\n",
    ),
    Fault("leads-in-a-circle", "api", redirects("/api/models/org/tiny"), "does not answer"),
]

OF_HEADERS = [
    *_rows(
        "HEAD",
        "is of the revision",
        commit_above=states(X_Repo_Commit=UP),
        commit_absolute=states(X_Repo_Commit=ABSOLUTE),
        commit_of_dots=states(X_Repo_Commit=".."),
        commit_empty=states(X_Repo_Commit=""),
        commit_other=states(X_Repo_Commit="b" * 40),
        commit_of_missing_file=sends(
            b"", 404, X_Error_Code="EntryNotFound", X_Repo_Commit="../../../" + SECRET
        ),
    ),
    *_rows(
        "HEAD",
        "an ETag that is not a file name",
        etag_above=states(ETag=f'"../../../{SECRET}"'),
        etag_absolute=states(ETag=f'"{ABSOLUTE}"'),
        etag_weak=states(ETag=f'W/"../../../{SECRET}"'),
        etag_linked=states(X_Linked_Etag=f'"../../../{SECRET}"'),
        etag_unquoted=states(ETag=UP),
        etag_of_dots=states(ETag='".."'),
        etag_empty=states(ETag='""'),
        etag_device=states(ETag='"NUL"'),
        etag_drive=states(ETag='"C:secret"'),
        etag_share=states(ETag=r'"\\host\share"'),
        etag_stream=states(ETag='"abcdef:x"'),
        etag_long=states(ETag=f'"{"a" * 300}"'),
        etag_foreign=states(ETag='"\xe9\xe9\xe9\xe9\xe9\xe9"'),
    ),
    *_rows(
        "HEAD",
        "does not answer as it should",
        commit_absent=states(X_Repo_Commit=None),
        etag_absent=states(ETag=None),
        length_word=states(Content_Length="many"),
        failing=sends(b"", 500),
        leads_in_a_circle=redirects("/org/tiny/resolve/main/config.json"),
    ),
    Fault("etag-of-other-content", "HEAD", only("vocab.txt", states(ETag="0" * 40)), DAMAGED),
    Fault("etag-of-no-content", "HEAD", only("vocab.txt", states(ETag="0" * 64)), DAMAGED),
    Fault(
        "etag-for-all",
        "HEAD",
        states(ETag='"same-for-all"'),
        "arrived damaged twice|are one file in the cache",
    ),
    Fault("etag-of-another-hash", "HEAD", only("vocab.txt", states(ETag=f'"{SHA1}"')), None),
    Fault("etag-of-a-mirror", "HEAD", only("vocab.txt", states(ETag='W/"5f-63a"')), None),
    Fault("length-too-large", "HEAD", states(Content_Length=10**10), "arrived incomplete"),
    Fault("length-absurd", "HEAD", states(Content_Length=10**15), NO_HUB),
    Fault("leads-to-a-file", "HEAD", redirects(f"file:///{SECRET}"), "redirects to file://"),
    Fault(
        "xet-above", "HEAD", states(X_Xet_Hash=UP, X_Xet_Refresh_Route="/x"), "not a hash of Xet"
    ),
    Fault("dripping-headers", "HEAD", drips_headers(), STALLS),
]

OF_BODIES = [
    *_rows(
        "GET",
        DAMAGED,
        reversed=sends(lambda right: right[::-1]),
        another_part=only("vocab.txt", sends(lambda right: b"X" * len(right))),
    ),
    *_rows(
        "GET",
        "arrived incomplete",
        short=sends(lambda right: right[:-3]),
        nothing=sends(b""),
    ),
    *_rows(
        "GET",
        "larger than the",
        long=sends(lambda right: right + b"more"),
        endless=endless(),
    ),
    Fault("compressed", "GET", sends(bomb, Content_Encoding="gzip"), "answers compressed"),
    Fault("compressed-otherwise", "GET", states(Content_Encoding="br"), "answers compressed"),
    Fault("dripping", "GET", drips(b""), STALLS),
    Fault("byte-by-byte", "GET", byte_by_byte(), STALLS),
    Fault("leads-off-this-machine", "GET", redirects("http://192.0.2.1/x"), "redirects to http://"),
    Fault("dripping-headers", "GET", drips_headers(), STALLS),
    Fault("leads-to-a-file", "GET", redirects(f"file:///{SECRET}"), "redirects to file://"),
    Fault("length-word", "GET", states(Content_Length="many"), "does not answer as it should"),
    Fault("no-length", "GET", states(Content_Length=None), None),
]

OF_STORES = [
    *_rows(
        "files",
        "only names in its folder are allowed",
        name_above=manifest(UP),
        name_absolute=manifest(ABSOLUTE),
        name_with_zero=manifest("a\0b"),
        name_with_backslash=manifest("..\\x"),
        name_of_dots=manifest(".."),
    ),
    *_rows(
        "files",
        "larger than the 1048576 bytes it may have",
        endless=endless(),
        bomb=sends(bomb, Content_Encoding="gzip"),
    ),
    Fault("compressed", "files", sends(gzip.compress, Content_Encoding="gzip"), None),
    Fault("compressed-otherwise", "files", states(Content_Encoding="zstd"), "answers compressed"),
    Fault(
        "cut-compression", "files", sends(b"\x1f\x8b", Content_Encoding="gzip"), "not a readable"
    ),
    Fault("no-compression", "files", states(Content_Encoding="gzip"), "does not answer"),
    Fault("dripping", "files", drips(b""), STALLS),
    Fault("byte-by-byte", "files", byte_by_byte(), "does not answer"),
    Fault("leads-nowhere", "files", redirects("http://[/"), "which is not safe"),
    Fault("leads-off-this-machine", "files", redirects("http://192.0.2.1/"), "redirects to http:"),
    Fault(
        "ten-thousand-files",
        "files",
        manifest(*(f"{i}.txt" for i in range(10000))),
        "lists more than 1000 files",
    ),
    Fault("size-beyond-the-disk", "files", manifest("a", size=10**17), "MB are free"),
    Fault("size-negative", "files", manifest("vocab.txt", size=-1), "another size"),
    Fault("size-word", "files", manifest("vocab.txt", size="1"), "another size|damaged"),
    Fault("dripping-headers", "files", drips_headers(), STALLS),
    Fault("leads-to-a-file", "files", redirects(f"file:///{SECRET}"), "redirects to file://"),
    Fault("leads-in-a-circle", "files", redirects("/files/tiny/nlpkit.json"), "does not answer"),
    Fault("a-part", "files", sends(b'{"files": {}}', 206), "another part than it was asked for"),
    Fault("a-page", "files", sends(b"<html>"), "not a readable JSON file"),
    Fault(
        "endless-error", "files", sends(endless()("", 0, {}, b"")[2], 404), "neither nlpkit.json"
    ),
    Fault("etag-of-another-script", "files", states(ETag='"\xe9"'), None),
]


OF_CACHES = [
    *_rows(
        "",
        None,
        linked_file=link("snapshots/{commit}/config.json"),
        linked_blob=blob_elsewhere,
        linked_to_nothing=link("snapshots/{commit}/config.json", "home/nothing"),
        linked_to_a_folder=link("snapshots/{commit}/config.json", "home"),
        pipe=fifo,
    ),
    Fault(
        "linked-snapshot", "", link("snapshots/{commit}", "home/.ssh"), "leads outside the cache"
    ),
]

FAULTS = [*OF_THE_API, *OF_HEADERS, *OF_BODIES, *OF_STORES, *OF_CACHES]

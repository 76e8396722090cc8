"""The Hugging Face Hub, through huggingface_hub: its cache, endpoint, tokens and offline mode.

huggingface_hub brings a file under a temporary name, goes on where a connection broke, and renames
it when it has the right size. What is added here: further attempts when the server fails (it makes
some for the headers, none for the body), the hashes that the Hub states, bounds on what it answers,
messages that say what to do, and the removal of what killed processes left.
"""

import contextlib
import dataclasses
import hashlib
from pathlib import Path
from typing import Any, NoReturn

from httpx2 import HTTPError, TransportError
from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_download
from huggingface_hub.errors import (
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import WeakFileLock

from nlpkit.presets.folders.folder_check import is_blob_of
from nlpkit.presets.layouts.selection import size_limit
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import COMMIT, Handle
from nlpkit.presets.sources.hub_progress import bar_class
from nlpkit.presets.sources.responses import PLAIN, Answers, checked, facts_of
from nlpkit.presets.sources.retry import PASSING_STATUS, Deadline, with_retries
from nlpkit.presets.sources.source import (
    FileFacts,
    Progress,
    Snapshot,
    Source,
    SourceError,
    UnreachableError,
)

LIBRARY: dict[str, Any] = {"library_name": "nlpkit", "headers": PLAIN}


class HubSource(Source):
    """A repository of the Hugging Face Hub, or of the server that `HF_ENDPOINT` names."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self._etags: dict[str, str] = {}

    def look_up(self) -> Snapshot:
        try:
            info = with_retries(self._ask, _is_passing)
            files = {str(file.rfilename): _facts(file) for file in info.siblings or ()}
        except Exception as error:
            explain(error, self.handle)
        if not isinstance(info.sha, str) or not COMMIT.fullmatch(info.sha):
            raise SourceError(
                f"{constants.ENDPOINT} states no revision of it; got {info.sha!r:.80}"
            )
        self._remove_leftovers()
        return Snapshot(self.handle.at(info.sha), self._folder(info.sha), files)

    def _ask(self) -> ModelInfo:
        with checked(Answers(is_file=False)):
            return HfApi(**LIBRARY).model_info(
                self.handle.location,
                revision=self.handle.revision,
                files_metadata=True,
                timeout=constants.HF_HUB_ETAG_TIMEOUT,
            )

    def resolve(
        self, snapshot: Snapshot, name: str, progress: Progress, anew: bool = False
    ) -> Path:
        commit = str(snapshot.handle.revision)
        limit = size_limit(name, snapshot.files.get(name, FileFacts()))
        deadline = Deadline(self._incomplete)

        def count(size: int) -> None:
            deadline.extend(size)
            progress(size)

        def bring() -> str:
            answers = Answers(commit=commit)
            with checked(answers):
                path = hf_hub_download(
                    snapshot.handle.location,
                    name,
                    revision=commit,
                    force_download=anew,
                    tqdm_class=bar_class(count, name, limit),
                    **LIBRARY,
                )
            self._etags[name] = answers.etag
            return path

        try:
            _require_inside(snapshot.folder / name, self._storage() / "snapshots")
            path = Path(with_retries(bring, _is_passing, deadline))
        except Exception as error:
            explain(error, snapshot.handle, name)
        if anew and self._is_older(path, self._etags[name]):
            path.unlink()
            return self.resolve(snapshot, name, progress)
        if self._is_own(path):
            return path
        self.discard(path)
        if anew:
            raise SourceError(f"{path} is not a regular file in the cache, and was removed")
        return self.resolve(snapshot, name, progress, anew=True)

    def stated(self, name: str, path: Path) -> FileFacts:
        facts = facts_of(self._blob(path).name if path.is_symlink() else self._etags.get(name, ""))
        # Some mirrors' hash is as long as git's, and is of the content alone.
        return FileFacts() if facts.git_sha1 and facts.git_sha1 == _sha1(path) else facts

    def discard(self, path: Path) -> None:
        blob = self._blob(path)
        if path.is_symlink() and blob.parent == self._blobs():
            blob.unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def find_cached(self) -> Snapshot | None:
        commit = self.handle.revision or constants.DEFAULT_REVISION
        reference = self._storage() / "refs" / commit
        if reference.is_file() and not reference.is_symlink():
            with reference.open(encoding="utf-8", errors="replace") as file:
                commit = file.read(100).strip()
        if not COMMIT.fullmatch(commit):
            return None
        folder = self._folder(commit)
        files = {
            path.relative_to(folder).as_posix(): self._of_cached(path)
            for path in folder.rglob("*")
            if path.is_file() and self._is_own(path)
        }
        return Snapshot(self.handle.at(commit), folder, files) if files else None

    def _of_cached(self, path: Path) -> FileFacts:
        return dataclasses.replace(self.stated("", path), size=path.stat().st_size)

    def _storage(self) -> Path:
        return cache.hub_repository(self.handle)

    def _blobs(self) -> Path:
        return (self._storage() / "blobs").resolve()

    def _blob(self, path: Path) -> Path:
        """What a link of the snapshot leads to: a blob, which may itself lead to a shared one."""
        if not path.is_symlink():
            return path
        target = path.parent.resolve() / path.readlink()
        return target.parent.resolve() / target.name

    def _is_older(self, path: Path, etag: str) -> bool:
        """Whether a file is not the blob that just came: huggingface_hub leaves what is there."""
        if path.is_symlink():
            return self._blob(path).name != etag
        return (self._blobs() / etag).is_file()

    def _incomplete(self) -> int:
        """The bytes of files on their way, by this program or another."""
        with contextlib.suppress(OSError):
            return sum(path.stat().st_size for path in self._blobs().glob("*.incomplete"))
        return 0

    def _is_own(self, path: Path) -> bool:
        """Whether a file of the snapshot is a plain one, there or directly in the cache's blobs."""
        target, storage = path.resolve(), self._storage().resolve()
        inside = (
            is_blob_of(target, storage) if path.is_symlink() else target.is_relative_to(storage)
        )
        return target.is_file() and inside

    def _folder(self, commit: str) -> Path:
        return self._storage() / "snapshots" / commit

    def _remove_leftovers(self) -> None:
        """Delete half files that nobody is downloading any more: those whose lock is free."""
        locks = Path(constants.HF_HUB_CACHE) / ".locks" / self._storage().name
        for path in (self._storage() / "blobs").glob("*.incomplete"):
            lock = locks / f"{path.name.partition('.')[0]}.lock"
            with contextlib.suppress(OSError, TimeoutError), WeakFileLock(lock, timeout=0.01):
                path.unlink()


def _facts(file: Any) -> FileFacts:
    """What the Hub states: large files by the SHA-256 of their content, small ones as git does."""
    if file.lfs is not None:
        return FileFacts(_size(file.lfs.size), file.lfs.sha256)
    return FileFacts(_size(file.size), git_sha1=file.blob_id)


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()


def _size(stated: object) -> int | None:
    return stated if isinstance(stated, int) and stated >= 0 else None


def _require_inside(path: Path, folder: Path) -> None:
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise SourceError(f"{path.parent} is a link that leads outside the cache")


def _is_passing(error: Exception) -> bool:
    error = _cause(error)
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in PASSING_STATUS
    return isinstance(error, TransportError) or _is_cut_short(error)


def _is_cut_short(error: Exception) -> bool:
    # huggingface_hub raises a bare OSError when a file is not as long as the server said.
    return type(error) is OSError and error.errno is None


def _is_of_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno is not None


def _cause(error: Exception) -> Exception:
    """What was wrong with an answer, where huggingface_hub says what became of it."""
    is_wrapped = isinstance(error, LocalEntryNotFoundError) or type(error) is ValueError
    cause = error.__cause__
    return cause if is_wrapped and isinstance(cause, HTTPError | OSError) else error


def explain(error: Exception, handle: Handle, name: str = "") -> NoReturn:
    """Raise what is wrong, and what to do about it."""
    error = _cause(error)
    if message := _of_the_repository(error, handle, name):
        raise SourceError(message) from error
    if _is_cut_short(error):
        raise SourceError(f"{name} arrived incomplete: {_first_line(str(error))}") from error
    if isinstance(error, OfflineModeIsEnabled):
        raise UnreachableError("HF_HUB_OFFLINE is set, so the Hub is not asked") from error
    answer = _first_line(str(error)) or type(error).__name__
    if isinstance(error, HTTPError | FileMetadataError | LocalEntryNotFoundError):
        raise UnreachableError(f"{constants.ENDPOINT} does not answer as it should: {answer}")
    if isinstance(error, SourceError | ConnectionError | InterruptedError) or _is_of_disk(error):
        raise error
    raise SourceError(f"{constants.ENDPOINT} does not answer like a Hub: {answer}") from error


def _first_line(message: str) -> str:
    """What a message begins with; servers have a part in it, which a terminal might obey."""
    line = (message.strip().splitlines() or [""])[0][:500]
    return "".join(sign if sign.isprintable() else "?" for sign in line)


def _of_the_repository(error: Exception, handle: Handle, name: str) -> str | None:
    place = f"{constants.ENDPOINT}/{handle.location}"
    log_in = "log in with `hf auth login`, or set HF_TOKEN"
    if isinstance(error, GatedRepoError):
        return f"it is gated: accept its terms at {place}, then {log_in}"
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"there is no model {handle.location} at {constants.ENDPOINT}, or it is private: then "
            f"{log_in}"
        )
    if isinstance(error, RevisionNotFoundError):
        return f"{place} has no revision {handle.revision}"
    if isinstance(error, RemoteEntryNotFoundError):
        return f"{place} has no file {name} in revision {handle.revision}"
    if isinstance(error, HFValidationError):
        return f"it has no valid name: {error}"
    if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403):
        return f"{place} may not be read with your token: {log_in}"
    return None

"""The Hugging Face Hub, through huggingface_hub: its cache, endpoint, tokens and offline mode.

huggingface_hub brings a file under a temporary name, goes on where a connection broke, and renames
it when it has the right size. What is added here: further attempts when the server fails (it makes
some for the headers, none for the body), the hashes that the Hub states, messages that say what to
do, and the removal of what killed processes left.
"""

import contextlib
from pathlib import Path
from typing import Any, NoReturn

from httpx2 import TransportError
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import WeakFileLock

from nlpkit.presets.handle import Handle
from nlpkit.presets.retrying import PASSING_STATUS, with_retries
from nlpkit.presets.sources import (
    FileFacts,
    Progress,
    Snapshot,
    Source,
    SourceError,
    UnreachableError,
)

LIBRARY: dict[str, Any] = {"library_name": "nlpkit"}


class HubSource(Source):
    """A repository of the Hugging Face Hub, or of the server that `HF_ENDPOINT` names."""

    def look_up(self) -> Snapshot:
        api = HfApi(**LIBRARY)
        timeout = constants.HF_HUB_ETAG_TIMEOUT
        try:
            info = with_retries(
                lambda: api.model_info(
                    self.handle.location,
                    revision=self.handle.revision,
                    files_metadata=True,
                    timeout=timeout,
                ),
                _is_passing,
            )
        except Exception as error:
            explain(error, self.handle)
        if info.sha is None:
            raise SourceError(f"{constants.ENDPOINT} states no revision of it")
        files = {file.rfilename: _facts(file) for file in info.siblings or ()}
        self._remove_leftovers()
        return Snapshot(self.handle.at(info.sha), self._folder(info.sha), files)

    def resolve(
        self, snapshot: Snapshot, name: str, progress: Progress, anew: bool = False
    ) -> Path:
        def bring() -> str:
            return hf_hub_download(
                snapshot.handle.location,
                name,
                revision=snapshot.handle.revision,
                force_download=anew,
                tqdm_class=_bar_class(progress),
                **LIBRARY,
            )

        try:
            return Path(with_retries(bring, _is_passing))
        except Exception as error:
            explain(error, snapshot.handle, name)

    def find_cached(self) -> Snapshot | None:
        commit = self.handle.revision or constants.DEFAULT_REVISION
        reference = self._storage() / "refs" / commit
        if reference.is_file():
            commit = reference.read_text(encoding="utf-8").strip()
        folder = self._folder(commit)
        files = {
            path.relative_to(folder).as_posix(): FileFacts(path.stat().st_size)
            for path in folder.rglob("*")
            if path.is_file()
        }
        return Snapshot(self.handle.at(commit), folder, files) if files else None

    def _storage(self) -> Path:
        name = repo_folder_name(repo_id=self.handle.location, repo_type="model")
        return Path(constants.HF_HUB_CACHE) / name

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
        return FileFacts(file.lfs.size, file.lfs.sha256)
    return FileFacts(file.size, git_sha1=file.blob_id)


def _bar_class(progress: Progress) -> Any:
    """A class that huggingface_hub takes for a progress bar, and that passes on what it is told."""

    class Bar:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: None

        def update(self, count: float = 1) -> None:
            progress(int(count))

        def update_transfer(self, count: float) -> None:
            """Xet tells what came over the line here, and what it wrote to `update`."""

    return Bar


def _is_passing(error: Exception) -> bool:
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in PASSING_STATUS
    return isinstance(error, TransportError) or _is_cut_short(error)


def _is_cut_short(error: Exception) -> bool:
    # huggingface_hub raises a bare OSError when a file is not as long as the server said.
    return type(error) is OSError and error.errno is None


def explain(error: Exception, handle: Handle, name: str = "") -> NoReturn:
    """Raise what is wrong, and what to do about it."""
    if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if message := _of_the_repository(error, handle, name):
        raise SourceError(message) from error
    if _is_cut_short(error):
        raise SourceError(f"{name} arrived incomplete: {str(error).splitlines()[0]}") from error
    if isinstance(error, OfflineModeIsEnabled):
        raise UnreachableError("HF_HUB_OFFLINE is set, so the Hub is not asked") from error
    if isinstance(error, HfHubHTTPError | TransportError | LocalEntryNotFoundError):
        answer = str(error).strip().splitlines()[0] if str(error) else type(error).__name__
        raise UnreachableError(f"{constants.ENDPOINT} does not answer as it should: {answer}")
    raise error


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

"""Kaggle models, through kagglehub: its cache, credentials and resumed downloads."""

from pathlib import Path
from typing import Any

from nlpkit import _compat
from nlpkit.presets.sources.cache import kaggle_homes
from nlpkit.presets.sources.source import (
    FileFacts,
    Progress,
    Snapshot,
    Source,
    SourceError,
    UnreachableError,
)

_DENIED = (401, 403)


class KaggleSource(Source):
    """One version of a Kaggle model, whose files kagglehub downloads all at once."""

    def look_up(self) -> Snapshot:
        folder = self._download()
        version = self.handle.revision or (folder.name if folder.name.isdecimal() else None)
        return Snapshot(self.handle.at(version), folder, _files_in(folder))

    def resolve(
        self, snapshot: Snapshot, name: str, progress: Progress, anew: bool = False
    ) -> Path:
        path = snapshot.folder / name
        if anew or not path.is_file():
            self._download(force_download=True)
        if not path.is_file():
            raise SourceError(f"there is no {name} in {snapshot.handle}")
        return path

    def find_cached(self) -> Snapshot | None:
        folder = kaggle_homes()[0] / "models" / self.handle.location / str(self.handle.revision)
        is_whole = folder.with_name(f"{folder.name}.complete").is_file()
        return Snapshot(self.handle, folder, _files_in(folder)) if is_whole else None

    def _download(self, **options: Any) -> Path:
        kagglehub = _compat.require("kagglehub", "A preset from Kaggle")
        revision = f"/{self.handle.revision}" if self.handle.revision else ""
        try:
            return Path(kagglehub.model_download(f"{self.handle.location}{revision}", **options))
        except Exception as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in _DENIED or type(error).__name__ == "UnauthenticatedError":
            return SourceError(
                f"Kaggle does not let you read it: accept the model's terms at "
                f"https://www.kaggle.com/models/{self.handle.location}, and set KAGGLE_API_TOKEN"
            )
        if status == 404 or type(error).__name__ == "NotFoundError":
            return SourceError(f"Kaggle has no model {self.handle.location}")
        if type(error).__name__ == "DataCorruptionError":
            return SourceError(f"it arrived damaged: {error}")
        return UnreachableError(f"Kaggle does not answer as it should: {error}")


def _files_in(folder: Path) -> dict[str, FileFacts]:
    """The files of a folder, without what links lead to elsewhere."""
    return {
        path.relative_to(folder).as_posix(): FileFacts(path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and path.resolve().is_relative_to(folder.resolve())
    }

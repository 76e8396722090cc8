"""Presets on web servers: mirrors, company stores, `python -m http.server`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from nlpkit.presets.folders.store import CONFIG, MANIFEST, shard_names
from nlpkit.presets.formats.safe_json import LARGE, read_object
from nlpkit.presets.formats.safetensors_file import INDEX
from nlpkit.presets.layouts.selection import CANDIDATES, module_candidates, size_limit, stated_files
from nlpkit.presets.layouts.sentence_transformers import MODULES
from nlpkit.presets.sources import cache
from nlpkit.presets.sources.handle import Handle
from nlpkit.presets.sources.http_download import download, head
from nlpkit.presets.sources.source import FileFacts, Progress, Snapshot, Source, SourceError
from nlpkit.presets.sources.verification import differences

_WORKERS = 8


class HttpSource(Source):
    """A base URL: what its nlpkit.json lists, else what there is of the usual names."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(handle)
        self._brought: list[str] = []

    def look_up(self) -> Snapshot:
        folder = cache.folder_of(self.handle)
        snapshot = Snapshot(self.handle, folder, {})
        if self._bring(folder, MANIFEST):
            snapshot.files = {MANIFEST: FileFacts(), **stated_files(folder)}
            return snapshot
        snapshot.files = self._found(CANDIDATES)
        if CONFIG not in snapshot.files:
            raise SourceError(f"there is neither {MANIFEST} nor {CONFIG} at {self.handle}")
        if INDEX in snapshot.files and self._bring(folder, INDEX):
            snapshot.files |= {
                name: FileFacts()
                for name in shard_names(read_object(folder / INDEX, LARGE), folder / INDEX)
            }
        if MODULES in snapshot.files and self._bring(folder, MODULES):
            snapshot.files |= self._found(module_candidates(folder))
        return snapshot

    def resolve(
        self, snapshot: Snapshot, name: str, progress: Progress, anew: bool = False
    ) -> Path:
        path = snapshot.folder / name
        facts = snapshot.files.get(name, FileFacts())
        plain = path.is_file() and not path.is_symlink()
        known = facts.sha256 is not None and plain and not differences(path, facts)
        if anew or not (known or name in self._brought):
            with cache.explained(snapshot.folder):
                found = download(self._url(name), path, facts, size_limit(name, facts), progress)
            if not found:
                raise SourceError(f"there is no {name} at {self.handle}")
        return path

    def _found(self, names: Sequence[str]) -> dict[str, FileFacts]:
        """Those of the names that the server has."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            answers = pool.map(lambda name: head(self._url(name)), names)
        found = zip(names, answers, strict=True)
        return {name: facts for name, facts in found if facts is not None}

    def _bring(self, folder: Path, name: str) -> bool:
        with cache.explained(folder):
            limit = size_limit(name, FileFacts())
            found = download(self._url(name), folder / name, FileFacts(), limit, lambda _: None)
        self._brought += [name] if found else []
        return found

    def _url(self, name: str) -> str:
        return f"{self.handle}/{quote(name)}"

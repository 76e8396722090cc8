"""Publishing a preset on the Hugging Face Hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nlpkit.presets.folders.manifest import MANIFEST, finished, to_json
from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.keeping import verify
from nlpkit.presets.model_card import CARD, model_card
from nlpkit.presets.sources.handle import parse_handle


def upload(
    handle: str,
    folder: str | Path,
    *,
    private: bool = False,
    description: str = "",
    figures: Mapping[str, object] | None = None,
    license: str | None = None,
    languages: Sequence[str] = (),
    message: str = "Upload a preset of nlpkit",
) -> str:
    """Publish a preset saved by `save_to_preset`, with a model card.

    The card contains the description, how to load the model in nlpkit and in transformers, and the
    figures; a README.md in the folder is used instead. Only the preset's files and the card are
    sent.

    Args:
        handle: str. `hf://org/repo[@branch]`; the repository is created if needed.
        folder: str or Path. The preset.
        private: bool. Whether a new repository is private. Default False.
        description: str. What the model is, what it was trained on and is good for, in Markdown.
        figures: dict. Of training or evaluation, such as `{"SST-2 accuracy": 0.83}`.
        license: str. Its identifier, such as "apache-2.0".
        languages: list of str. Language codes, such as "en".
        message: str. The commit message.

    Returns:
        str, the address of the commit.

    Raises:
        ValueError: the handle is not the Hub's, the folder is not a complete preset, or the Hub
            rejects it.
        ConnectionError: the Hub does not answer.

    Example:
        >>> nlpkit.presets.upload("hf://org/my_model", "my_preset")  # doctest: +SKIP
    """
    target = parse_handle(handle)
    if target.scheme != "hf":
        raise ValueError(f"handle must be hf://org/repo; got {handle!r}.")
    path = Path(folder)
    verify(path)
    opened = PresetFolder(path)
    own = path / CARD
    card = own.read_text("utf-8") if own.is_file() else None
    if card is None:
        card = model_card(opened, target.location, description, figures or {}, license, languages)
    return _commit(target.location, target.revision, opened, card, private, message)


def _commit(
    repository: str,
    branch: str | None,
    folder: PresetFolder,
    card: str,
    private: bool,
    message: str,
) -> str:
    # Slow to import, and not needed to load what is there.
    from huggingface_hub import CommitOperationAdd, HfApi

    from nlpkit.presets.sources.handle import Handle
    from nlpkit.presets.sources.hub import LIBRARY, explain

    api = HfApi(**LIBRARY)
    manifest = finished(folder.manifest or {})
    operations = [CommitOperationAdd(name, str(folder.file(name))) for name in manifest["files"]]
    _require_stated(operations, manifest["files"])
    operations.append(CommitOperationAdd(MANIFEST, to_json(manifest).encode()))
    operations.append(CommitOperationAdd(CARD, card.encode()))
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        if branch is not None:
            api.create_branch(repository, branch=branch, exist_ok=True)
        commit = api.create_commit(repository, operations, commit_message=message, revision=branch)
    except Exception as error:
        explain(error, Handle("hf", repository, branch))
    return str(commit.commit_url)


def _require_stated(operations: list[Any], files: Mapping[str, Any]) -> None:
    """Make sure that what will be sent, whose hashes are taken now, is still what was checked."""
    for operation in operations:
        name = operation.path_in_repo
        if operation.upload_info.sha256.hex() != files[name]["sha256"]:
            raise ValueError(f"{name} was changed while it was read; upload the preset again.")

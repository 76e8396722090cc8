"""Loading tokenizers, preprocessors, backbones and tasks from a preset."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nlpkit._warning import warn
from nlpkit.presets.folders.store import PresetFolder
from nlpkit.presets.layouts.description import required_arguments, takes
from nlpkit.presets.layouts.hugging_face import HuggingFaceLayout
from nlpkit.presets.layouts.kerashub.layout import KerasHubLayout
from nlpkit.presets.layouts.layout import Layout, is_family_preprocessor, is_family_task
from nlpkit.presets.layouts.own import OwnLayout
from nlpkit.presets.layouts.selection import Need
from nlpkit.presets.loading.argument_routing import ABSENT, route, task_arguments
from nlpkit.presets.loading.deferred import deferred_initialization, initialize_rest
from nlpkit.presets.loading.load_weights import (
    load_backbone_weights,
    load_task_weights,
    read_ahead,
    warn_of_fresh_head,
)
from nlpkit.presets.loading.pattern_permission import patterns_of_presets
from nlpkit.presets.loading.readable_errors import readable_errors
from nlpkit.presets.loading.repairing import repair, require_verified
from nlpkit.presets.mapping.size_limits import MOST_PARAMETERS, check_parameters, check_sizes
from nlpkit.presets.mapping.slices import Shape
from nlpkit.presets.preset import FromPreset
from nlpkit.presets.registry import find_files, subclasses_of


def load(
    cls: type[FromPreset],
    preset: str | Path,
    *,
    offline: bool | None = None,
    lock: str | Path | None = None,
    allow_pickle: bool = False,
    mmap: bool = False,
    verify: bool = False,
    allow_patterns: bool = False,
    **arguments: Any,
) -> Any:
    """Build an object of `cls`, or of the family's subclass of it, from a preset.

    If that fails because downloaded files have changed, they are downloaded again and the load is
    repeated.
    """
    need = Need(_needs_weights(cls, **arguments), allow_pickle)
    if verify:
        require_verified(preset, need, offline=offline, lock=lock)

    def build() -> Any:
        with readable_errors(preset), patterns_of_presets(allow_patterns):
            layout = open_layout(preset, need, mmap=mmap, offline=offline, lock=lock)
            return _LOADERS[cls.preset_kind](cls, layout, **arguments)

    try:
        return build()
    except (TypeError, ConnectionError):  # Of the arguments, or of the network.
        raise
    except Exception as error:
        try:
            repaired = repair(preset, need, offline=offline, lock=lock, error=error)
        except (ValueError, OSError) as other:
            error.add_note(str(other))
            raise error from None
        if not repaired:
            raise
    return build()


def open_layout(
    preset: str | Path,
    need: Need = Need(),  # noqa: B008 (frozen)
    mmap: bool = False,
    **options: Any,
) -> Layout:
    """Find a preset, download it if need be, and open its folder.

    Args:
        preset: str or Path. A name, a handle or a folder.
        need: `Need`. What the load needs.
        mmap: bool. Whether variables may have the files of the weights as their memory.
        **options: `offline` and `lock` of `find_files`.
    """
    path, listed = find_files(preset, need=need, **options)
    folder = PresetFolder(path, need.weights, need.allow_pickle, listed, mmap)
    if folder.manifest is not None:
        return OwnLayout(folder, preset)
    is_kerashub = KerasHubLayout.recognizes(folder)
    return (KerasHubLayout if is_kerashub else HuggingFaceLayout)(folder, preset)


def _needs_weights(cls: type[FromPreset], load_weights: bool = True, **_: Any) -> bool:
    # Which head a task has is seen from the weights.
    return cls.preset_kind == "task" or (cls.preset_kind == "backbone" and load_weights)


def _load_tokenizer(cls: type[FromPreset], layout: Layout, **arguments: Any) -> Any:
    held = layout.tokenizer_class
    if held is None:
        raise ValueError(f"{layout} holds no tokenizer.")
    cls = _family_class(cls, held, layout)
    (own,) = route(arguments, cls)
    try:
        return layout.build_tokenizer(cls, own)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError) as error:
        if own:
            raise
        raise ValueError(f"{layout} has malformed tokenizer files: {error!r:.200}.") from error


def _load_preprocessor(cls: Any, layout: Layout, *, tokenizer: Any = None, **arguments: Any) -> Any:
    held = layout.tokenizer_class if tokenizer is None else type(tokenizer)
    if held is None:
        raise ValueError(f"{layout} holds no tokenizer; pass tokenizer=.")
    cls = _find_preprocessor(cls, layout, held)
    own, of_tokenizer = route(arguments, cls, held)
    if tokenizer is None:
        tokenizer = _load_tokenizer(held, layout, **of_tokenizer)
    elif of_tokenizer:
        raise TypeError(f"{', '.join(of_tokenizer)} must be set in the tokenizer that is given.")
    return cls(tokenizer=tokenizer, **{**layout.preprocessor_arguments(cls), **own})


def _load_backbone(
    cls: Any,
    layout: Layout,
    *,
    load_weights: bool = True,
    max_parameters: int = MOST_PARAMETERS,
    **arguments: Any,
) -> Any:
    cls = _family_class(cls, layout.backbone_class, layout)
    (own,) = route(arguments, cls)
    stated = layout.backbone_arguments()
    check_sizes(stated, _shapes(layout, load_weights), str(layout))
    if load_weights:
        read_ahead(layout, own.get("dtype"))
    with deferred_initialization():
        backbone = cls(**{**stated, **own})
    if not load_weights:
        check_parameters(backbone, max_parameters, str(layout))
    layout.finish()
    backbone.carried = layout.carried_by_backbone()
    if load_weights:
        load_backbone_weights(backbone, layout)
    initialize_rest(backbone.variables)
    return backbone


def _load_task(
    cls: Any,
    layout: Layout,
    *,
    preprocessor: Any = ABSENT,
    load_weights: bool = True,
    max_parameters: int = MOST_PARAMETERS,
    load_head: bool = True,
    **arguments: Any,
) -> Any:
    cls = _find_task(cls, layout)
    head = layout.head_arguments(cls) if load_head else None
    own, of_backbone, of_preprocessor = task_arguments(
        cls, layout, arguments, is_preprocessor_open=preprocessor is ABSENT
    )
    if head is None:
        _require_head_arguments(cls, own, layout, load_head)
    stated = layout.backbone_arguments()
    check_sizes({**stated, **(head or {})}, _shapes(layout, load_weights), str(layout))
    if load_weights and not cls.pools and takes(layout.backbone_class, "pooler"):
        stated.setdefault("pooler", layout.has_pooler())
    backbone_arguments = {**stated, **of_backbone}
    layout.finish()
    if preprocessor is ABSENT:
        preprocessor = _default_preprocessor(cls, layout, of_preprocessor)
    if load_weights:
        read_ahead(layout, of_backbone.get("dtype"))
    with deferred_initialization():
        backbone = layout.backbone_class(**backbone_arguments)
        task = cls(backbone=backbone, preprocessor=preprocessor, **{**(head or {}), **own})
    if not load_weights:
        check_parameters(task, max_parameters, str(layout))
    backbone.carried = layout.carried_by_backbone()
    if head is not None:
        task.carried = layout.carried_by_head()
    if load_weights and head is not None:
        load_task_weights(task, layout)
    elif load_weights:
        load_backbone_weights(backbone, layout)
        if load_head:
            warn_of_fresh_head(task, layout)
    initialize_rest(task.variables)
    return task


_LOADERS: dict[str, Callable[..., Any]] = {
    "tokenizer": _load_tokenizer,
    "preprocessor": _load_preprocessor,
    "backbone": _load_backbone,
    "task": _load_task,
}


def _default_preprocessor(cls: Any, layout: Layout, arguments: dict[str, Any]) -> Any:
    if cls.preprocessor_class is None or layout.is_task_without_preprocessor():
        return None
    if layout.tokenizer_class is not None:
        return _load_preprocessor(cls.preprocessor_class, layout, **arguments)
    warn(
        f"{layout} holds no tokenizer: this {cls.__name__} takes preprocessed input. Pass "
        "preprocessor= for one that takes strings.",
    )
    return None


def _shapes(layout: Layout, load_weights: bool) -> Mapping[str, Shape] | None:
    """The shapes of the tensors to read, to compare with the stated sizes."""
    return layout.tensors.shapes if load_weights else None


def _require_head_arguments(
    cls: type[FromPreset], given: Any, layout: Layout, asked_for_head: bool
) -> None:
    missing = [name for name in required_arguments(cls) if name not in given]
    if missing:
        why = f"{layout} has no head for it" if asked_for_head else "load_head=False"
        raise ValueError(f"{cls.__name__} needs {', '.join(missing)} for a fresh head ({why}).")


def _family_class(cls: type[FromPreset], held: Any, layout: Layout) -> Any:
    """The more special of the class asked for and the one the preset holds."""
    if issubclass(held, cls):
        return held
    if issubclass(cls, held):
        return cls
    raise _other_family(cls, held, layout)


def _find_task(cls: Any, layout: Layout) -> Any:
    stated = layout.stated_class
    if stated is not None and stated.preset_kind == "task" and issubclass(stated, cls):
        return stated
    held = layout.backbone_class
    if is_family_task(cls):
        if not issubclass(held, cls.backbone_class):
            raise _other_family(cls, held, layout)
        return cls
    fitting = [task for task in layout.tasks() if issubclass(task, cls)]
    # A kind of task may use the head of another.
    return _only(fitting or [cls] * (cls.head_on(held) is not None), cls, layout)


def _find_preprocessor(cls: Any, layout: Layout, tokenizer_class: Any) -> Any:
    stated = layout.preprocessor_class
    if stated is not None and issubclass(stated, cls):
        return stated
    if is_family_preprocessor(cls):
        if not issubclass(tokenizer_class, cls.tokenizer_class):
            raise _other_family(cls, tokenizer_class, layout)
        return cls
    fitting = [
        known
        for known in subclasses_of(cls)
        if is_family_preprocessor(known) and issubclass(tokenizer_class, known.tokenizer_class)
    ]
    if not fitting and cls.takes_any_tokenizer:
        return cls
    return _only(fitting, cls, layout)


def _only(found: list[Any], cls: type[FromPreset], layout: Layout) -> Any:
    if len(found) == 1:
        return found[0]
    names = " or ".join(sorted(known.__name__ for known in found))
    if not found:
        raise ValueError(f"{layout} is of a family for which nlpkit has no {cls.__name__}.")
    raise ValueError(
        f"{layout} does not say which {cls.__name__} it is for; call from_preset of {names}."
    )


def _other_family(cls: type[FromPreset], held: Any, layout: Layout) -> ValueError:
    return ValueError(
        f"{layout} holds a {held.__name__}, which is not compatible with {cls.__name__}; call "
        f"from_preset of its own family's classes, or of the base class."
    )

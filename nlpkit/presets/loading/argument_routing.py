"""Routing of `from_preset` arguments to the parts that take them."""

from typing import Any

from nlpkit._foreign_names import advice
from nlpkit.presets.layouts.description import takes
from nlpkit.presets.layouts.layout import Layout

# The default of an argument for which None is a valid value.
ABSENT: Any = object()


def task_arguments(
    cls: Any, layout: Layout, arguments: dict[str, Any], is_preprocessor_open: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The arguments for the task, its backbone, and its preprocessor with tokenizer."""
    parts = [cls, layout.backbone_class]
    if is_preprocessor_open and cls.preprocessor_class:
        held = layout.tokenizer_class
        parts += [cls.preprocessor_class, held or cls.preprocessor_class.tokenizer_class]
    rest = {name: value for name, value in arguments.items() if name not in ("dtype", "compile")}
    own, of_backbone, *others = route(rest, *parts)
    if "dtype" in arguments:
        of_backbone["dtype"] = arguments["dtype"]
    if "compile" in arguments:
        own["compile"] = arguments["compile"]
    return own, of_backbone, {name: value for part in others for name, value in part.items()}


def route(arguments: dict[str, Any], *classes: Any) -> list[dict[str, Any]]:
    """Give each argument to the first of the classes that takes it.

    Raises:
        TypeError: none of them does.
    """
    parts: list[dict[str, Any]] = [{} for _ in classes]
    for name, value in arguments.items():
        place = next((i for i, cls in enumerate(classes) if takes(cls, name)), None)
        if place is None or name in ("backbone", "tokenizer"):
            names = " or ".join(cls.__name__ for cls in classes)
            raise TypeError(
                f"from_preset got {name}={value!r}, not an argument of {names} that a preset "
                f"leaves open.{advice(name)}"
            )
        parts[place][name] = value
    return parts

"""A family of KerasHub's: the names of its classes, their arguments and tensors.

KerasHub's backbones state sizes only; what is computed is in their code, and here under `fixed`. A
family of nlpkit declares in its own file which of KerasHub's it reads: `Backbone.kerashub`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from nlpkit.presets.mapping.weight_table import Line, expand

_BUFFERS = """
<- *optimizer/* ; buffer
<- *seed_generator/* ; buffer
<- *metrics/* ; buffer
"""
# The second row of a reversible embedding is the head of a model that does not tie it.
OWN_HEAD = "layers/reversible_embedding/1"


@dataclass(frozen=True)
class ClassMapping:
    """From a class of KerasHub's to nlpkit's.

    Attributes:
        names: KerasHub's names of the class, of all versions.
        own: nlpkit's name of it.
        arguments: the arguments that the configuration states, by the same names in nlpkit
            but for those in `renamed`.
        fixed: nlpkit's arguments that it does not state, or not always.
        inert: arguments that it states and nlpkit does not have, with the values allowed; a list
            may hold several of them.
        lines: weight table, of a task that of its head.
        renamed: nlpkit's names of arguments, by KerasHub's, where these differ; dicts of the same
            name are put together.
        respelled: nlpkit's values of arguments, by argument and KerasHub's value, likewise.
    """

    names: tuple[str, ...]
    own: str
    arguments: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    inert: Mapping[str, Any] = field(default_factory=dict)
    lines: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    respelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def convert(self, arguments: dict[str, Any], source: str) -> dict[str, Any]:
        """The arguments of nlpkit's class, from those that the configuration states.

        Raises:
            ValueError: one that nlpkit does not have has another value than is allowed.
        """
        for name, allowed in self.inert.items():
            value = arguments.get(name)
            if name in arguments and not _are_among(allowed, value):
                raise ValueError(
                    f"{source}: {name} must be {_listed(allowed)}; got {value!r:.100}."
                )
        own: dict[str, Any] = {}
        for name, value in arguments.items():
            if name not in self.inert:
                known = self.renamed.get(name, name)
                before, value = own.get(known), self._value(name, value)
                own[known] = before | (value or {}) if isinstance(before, dict) else value
        return {**self.fixed, **own}

    def _value(self, name: str, value: Any) -> Any:
        values = self.respelled.get(name)
        return value if values is None else values.get(value, value)


@dataclass(frozen=True)
class Family:
    """A family's classes, and the weight table of one of its layers.

    Attributes:
        tokenizer, backbone, preprocessors, tasks: its classes.
        audio_converter: that of a family that takes audio.
        layer: the weight table of a layer; in braces stands what `sizes` has.
        layer_name: what the first layer is called; the others have numbers.
        encoder: of a family with two stacks, the table of a layer of the encoder and what the first
            is called; `layer` and `layer_name` are then the decoder's. Where both names are the
            same, the decoder's layers have the numbers after the encoder's.
        options: further lines of a layer, by the argument of the backbone that is true for them, or
            that is not ("not …").
        backbone_options: further lines of the backbone in the same way.
        sizes: the backbone's arguments that the table needs, by what it calls them.
    """

    tokenizer: ClassMapping
    backbone: ClassMapping
    preprocessors: tuple[ClassMapping, ...]
    tasks: tuple[ClassMapping, ...]
    layer: str
    layer_name: str
    encoder: tuple[str, str] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    backbone_options: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(
        default_factory=lambda: {"heads": "num_heads", "groups": "num_heads"}
    )
    audio_converter: ClassMapping | None = None

    def classes(self) -> tuple[ClassMapping, ...]:
        """All of them."""
        converters = () if self.audio_converter is None else (self.audio_converter,)
        return (self.tokenizer, self.backbone, *converters, *self.preprocessors, *self.tasks)

    def backbone_lines(self, backbone: keras.Model) -> list[Line]:
        """The weight table of a backbone."""
        own = self.backbone.lines + _chosen(self.backbone_options, backbone)
        options = _chosen(self.options, backbone)
        stacks = [("" if self.encoder is None else "decoder_", self.layer, self.layer_name, 0)]
        if self.encoder is not None:
            stacks.insert(0, ("encoder_", *self.encoder, 0))
            if self.encoder[1] == self.layer_name:
                stacks[1] = (*stacks[1][:3], backbone.num_layers)
        sizes = {name: int(getattr(backbone, argument)) for name, argument in self.sizes.items()}
        return expand(_sized(own, sizes) + _BUFFERS) + [
            line.within(f"{stack}transformer_layer_{i}/", f"layers/{name}{_suffix(first + i)}/")
            for stack, layer, name, first in stacks
            for i in range(backbone.num_own_layers)
            for line in expand(_sized(layer + options, sizes))
        ]


def head_lines(task: ClassMapping) -> list[Line]:
    """The weight table of a task's head."""
    return expand(task.lines + _BUFFERS)


def _chosen(options: Mapping[str, str], backbone: keras.Model) -> str:
    """The lines of the options that hold; those of "not …" hold where the argument is false."""
    chosen = ""
    for option, lines in options.items():
        argument = option.removeprefix("not ")
        chosen += lines if bool(getattr(backbone, argument)) == (argument == option) else ""
    return chosen


def _sized(lines: str, sizes: Mapping[str, int]) -> str:
    for name, size in sizes.items():
        lines = lines.replace(f"{{{name}}}", str(size))
    return lines


def _suffix(i: int) -> str:
    return f"_{i}" if i else ""


def _are_among(allowed: Any, value: Any) -> bool:
    return all(item in allowed for item in (value if isinstance(value, list) else [value]))


def _listed(allowed: Any) -> str:
    return f"of {allowed}" if isinstance(allowed, range) else " or ".join(map(repr, allowed))

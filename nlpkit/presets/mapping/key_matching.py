"""Key matching: every variable of a model and every tensor of a checkpoint, exactly once.

It needs only names and shapes, no weights.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nlpkit.presets.mapping.slices import Shape, TensorSlice, faults
from nlpkit.presets.mapping.weight_table import Line

_SHOWN = 30


@dataclass(frozen=True)
class Mismatch:
    """A tensor whose shape does not fit its variable or slice of a variable."""

    variable: str
    shape: Shape
    tensor: str
    expected: Shape
    found: Shape

    def __str__(self) -> str:
        needs = "" if self.shape == self.expected else f", which needs a tensor {self.expected}"
        return f"{self.variable} has shape {self.shape}{needs}; {self.tensor} has {self.found}"


@dataclass(frozen=True)
class Cover:
    """Which tensor each variable is read from.

    Attributes:
        lines: the line and the tensor's name, by variable (and slice of it: `Line.target`).
        ties: lines and names of tensors that must equal what their variable is read from.
        fresh: variables whose optional tensor the checkpoint lacks.
        mismatches: the tensors among them that have another shape than is needed.
    """

    lines: dict[str, tuple[Line, str]]
    ties: list[tuple[Line, str]] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)


def match(
    table: Sequence[Line],
    variables: Mapping[str, Shape],
    tensors: Mapping[str, Shape],
    *,
    model: str = "the model",
    source: str = "the checkpoint",
) -> Cover:
    """Find the tensor of every variable, and check that nothing is left over on either side.

    Args:
        table: list of `Line`.
        variables: the shapes of the model's variables, by path.
        tensors: the shapes of the checkpoint's tensors, by name.
        model, source: str. Their names, for error messages.

    Returns:
        A `Cover`. Shapes that do not fit are listed in it, not raised.

    Raises:
        ValueError: something is left over; the message lists the names on both sides.
    """
    check_table(table, variables, model, variables)
    primary = [line for line in table if not line.ignored and not line.tied]
    ties = [(line, name) for line in table if line.tied for name in _present(line, tensors)]
    lines: dict[str, tuple[Line, str]] = {}
    missing: list[Line] = []
    fresh: list[Line] = []
    for line in primary:
        found = [(line, name) for name in _present(line, tensors)]
        found = found or [tie for tie in ties if tie[0].variable == line.variable][:1]
        if found:
            lines[line.target] = found[0]
        elif not line.is_known:
            (fresh if line.optional else missing).append(line)
    begun = {line.variable for line, _ in lines.values()}
    missing += [line for line in fresh if line.variable in begun]
    claimed = _claimed(primary, tensors) + [name for _, name in ties]
    unwanted = [line for line in table if line.ignored]
    left = [name for name in tensors if not any(line.ignores(name) for line in unwanted)]
    problems = {
        f"Variables of {model} without a tensor": [
            f"{line.target} (tensor {line.tensor})" for line in missing
        ],
        "Tensors that no variable takes": sorted({*left} - {*claimed}),
        "Tensors that two lines claim": _repeated(claimed),
        "Tensors that are there by two names": _spelled_twice(primary, tensors),
    }
    _raise(f"{source} does not fit {model}.", problems)
    ties = [tie for tie in ties if tie not in lines.values()]
    pairs = [*lines.values(), *ties]
    fresh_variables = list(dict.fromkeys(line.variable for line in fresh))
    return Cover(lines, ties, fresh_variables, _compare(pairs, variables, tensors))


def check_table(
    table: Sequence[Line],
    variables: Iterable[str],
    model: str,
    shapes: Mapping[str, Shape] | None = None,
) -> None:
    """Check that a weight table names every variable of a model exactly once.

    Args:
        table: list of `Line`.
        variables: paths of the model's variables.
        model: str. Its name, for error messages.
        shapes: the variables', by path; None checks nothing that needs them.

    Raises:
        ValueError: it does not, or its slices are not all of a tensor or variable, or overlap; the
            message lists the names on both sides.
    """
    variables = list(variables)
    primary = [line for line in table if not line.ignored and not line.tied]
    whole = [line.variable for line in primary if not line.slot]
    named = {line.variable for line in primary}
    mentioned = {line.variable for line in table if not line.ignored}
    tied = {line.variable for line in table if line.tied} - {*whole}
    missing, twice = _faults(primary, shapes or {})
    problems = {
        f"Variables of {model} that no line names": [v for v in variables if v not in named],
        f"Lines that name no variable of {model}": sorted(mentioned - {*variables}),
        "Variables that two lines name": _repeated(whole),
        "Variables that are tied, but not whole": sorted(tied & named),
        "Pieces that no line names": missing,
        "Pieces that two lines name": twice,
    }
    _raise(f"The weight table does not fit {model}.", problems)


def describe_mismatches(mismatches: Iterable[Mismatch]) -> str:
    """Describe mismatches, one per line."""
    return _listed([str(mismatch) for mismatch in mismatches], "\n  ")


def _faults(lines: list[Line], shapes: Mapping[str, Shape]) -> tuple[list[str], list[str]]:
    """What of variables and tensors is in no slice, and what is in two."""
    slots: dict[str, list[Line]] = defaultdict(list)
    parts: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        slots[line.variable].append(line)
        parts[line.tensor].append(line)
    found = [
        _of_one(name, [line.variable_slice for line in of], shapes) for name, of in slots.items()
    ]
    found += [_of_one(name, [line.tensor_slice for line in of], {}) for name, of in parts.items()]
    missing, twice = zip(*found, strict=True) if found else ((), ())
    return [*itertools.chain(*missing)], [*itertools.chain(*twice)]


def _of_one(
    name: str, slices: list[TensorSlice | None], shapes: Mapping[str, Shape]
) -> tuple[list[str], list[str]]:
    divided = [slice_ for slice_ in slices if slice_ is not None]
    if not divided:
        return [], []  # Whole ones are counted elsewhere.
    if len(divided) < len(slices):
        return [], [f"{name} and {name}[{divided[0]}]"]
    shape = shapes.get(name, ())
    rows = shape[divided[0].axis] if divided[0].axis < len(shape) else None
    return faults(name, divided, rows)


def _claimed(lines: Iterable[Line], tensors: Mapping[str, Shape]) -> list[str]:
    """The tensors that lines want; the slices of one want it once."""
    claims = dict.fromkeys(
        (name, line.tensor if line.part else line.target, bool(line.part))
        for line in lines
        for name in _present(line, tensors)
    )
    return [name for name, _, _ in claims]


def _present(line: Line, tensors: Mapping[str, Shape]) -> list[str]:
    return [name for name in line.spellings if name in tensors]


def _compare(
    pairs: Iterable[tuple[Line, str]],
    variables: Mapping[str, Shape],
    tensors: Mapping[str, Shape],
) -> list[Mismatch]:
    mismatches = []
    for line, name in pairs:
        shape = variables[line.variable]
        expected = line.tensor_shape(shape)
        if tensors[name] != expected:
            shape = line.slot_shape(shape)
            mismatches.append(Mismatch(line.target, shape, name, expected, tensors[name]))
    return mismatches


def _spelled_twice(lines: Iterable[Line], tensors: Mapping[str, Shape]) -> list[str]:
    spelled = dict.fromkeys(tuple(_present(line, tensors)) for line in lines)
    return [" and ".join(names) for names in spelled if len(names) > 1]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _raise(headline: str, problems: Mapping[str, list[str]]) -> None:
    found = [f"{what}: {_listed(names, ', ')}" for what, names in problems.items() if names]
    if found:
        raise ValueError("\n".join([headline, *found]))


def _listed(names: list[str], separator: str) -> str:
    more = [f"and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return separator.join([*names[:_SHOWN], *more])

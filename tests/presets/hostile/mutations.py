"""Presets with something changed at random: bytes, values of JSON, headers of tensors, files."""

import hashlib
import json
import random
from pathlib import Path

VALUES = [
    None,
    True,
    "false",
    "",
    "x" * 3000,
    "[UNK]",
    -1,
    0,
    1,
    7,
    2**31,
    2**70,
    1e308,
    -1e-9,
    1e-45,
    0.5,
    1.0,
    [],
    {},
    [[]],
    [0, 1],
    {"type": "Sequence"},
    {"Regex": "(a+)+$"},
]
_MANIFEST = "nlpkit.json"


def mutate(folder: Path, seed: int) -> str:
    """Change one file of a preset, or two, as the seed says; returns what was done."""
    chance = random.Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = []
    for _ in range(chance.choice([1, 1, 2])):
        path = chance.choice(files)
        change = chance.choice(_CHANGES.get(path.suffix, []) * 3 + _OF_BYTES)
        if path.is_file():
            told.append(f"{change.__name__} {path.relative_to(folder)}")
            change(path, chance)
    if (folder / _MANIFEST).is_file() and chance.random() < 0.7:
        _fingerprint(folder)
    return f"seed {seed}: {', '.join(told)}"


def _flip(path, chance):
    content = bytearray(path.read_bytes() or b"\0")
    for _ in range(chance.choice([1, 1, 3, 30])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)


def _cut(path, chance):
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content) + 1)])


def _leave_out(path, chance):
    content = path.read_bytes()
    start = chance.randrange(len(content) + 1)
    path.write_bytes(content[:start] + content[start + chance.randrange(1, 40) :])


def _repeat(path, chance):
    content = path.read_bytes()
    start = chance.randrange(len(content) + 1)
    path.write_bytes(content[: start + chance.randrange(1, 40)] + content[start:])


def _remove(path, chance):
    path.unlink()


def _swap(path, chance):
    other = chance.choice(sorted(p for p in path.parent.iterdir() if p.is_file()))
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def _change_json(path, chance):
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return
    path.write_text(json.dumps(_changed(content, chance)))


def _repeat_key(path, chance):
    text = path.read_text(errors="replace")
    path.write_text(text.replace("{", f'{{"{chance.choice(_keys(text))}": 1,', 1))


def _change_header(path, chance):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + length])
    except ValueError:
        return
    text = json.dumps(_changed(header, chance)).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def _change_numbers(path, chance):
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[:8], "little")
    for _ in range(chance.choice([1, 5])):
        if len(content) > length + 16:
            at = chance.randrange(8 + length, len(content) - 4)
            content[at : at + 4] = chance.choice(
                [b"\0\0\xc0\x7f", b"\0\0\x80\xff", b"\xff" * 4, b"\0\0\0\x4f", chance.randbytes(4)]
            )
    path.write_bytes(content)


def _changed(content, chance):
    """Replace, remove or rename something in parsed JSON, some levels down."""
    if not isinstance(content, dict | list) or not content or chance.random() < 0.1:
        return _other(content, chance)
    keys = list(content) if isinstance(content, dict) else range(len(content))
    key = chance.choice(keys)
    kind = chance.random()
    if kind < 0.1:
        del content[key]
    elif kind < 0.15 and isinstance(content, dict):
        content[str(chance.choice(VALUES))[:50]] = content.pop(key)
    else:
        content[key] = _changed(content[key], chance)
    return content


def _other(value, chance):
    if isinstance(value, int | float) and not isinstance(value, bool) and chance.random() < 0.4:
        return chance.choice([-value, value + 1, value * 1000, value / 3, str(value)])
    return chance.choice(VALUES)


def _keys(text):
    return [part.strip('"') for part in text.split('"')[1::2] if len(part) < 60] or ["a"]


def _fingerprint(folder):
    """Have the manifest say what the files are now, as who changes them would."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
        for name, stated in manifest["files"].items():
            content = (folder / name).read_bytes()
            stated.update(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return
    (folder / _MANIFEST).write_text(json.dumps(manifest))


_OF_BYTES = [_flip, _cut, _leave_out, _repeat, _remove, _swap]
_CHANGES = {
    ".json": [_change_json, _change_json, _change_json, _repeat_key],
    ".safetensors": [_change_header, _change_numbers, _change_numbers],
}

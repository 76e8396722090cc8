"""The committed arrays: what each layer and backbone computes with the weights of `fill`.

`cd tests; KERAS_BACKEND=jax python -m conformance.golden` writes them anew.
"""

from pathlib import Path

import numpy as np

from conformance.cases.backbones import BACKBONES
from conformance.cases.case import Case, fill
from conformance.cases.layers import MODELING_LAYERS

PATH = Path(__file__).parent / "golden.npz"
CASES = [variant for case in (*MODELING_LAYERS, *BACKBONES) for variant in case.variants()]


def outputs(case: Case) -> dict[str, np.ndarray]:
    """What the case computes, one array an output."""
    layer = case.build()
    case.functional(layer)
    return {f"{case.name}/{i}": array for i, array in enumerate(case.run(fill(layer)))}


if __name__ == "__main__":
    arrays = {name: array for case in CASES for name, array in outputs(case).items()}
    np.savez_compressed(PATH, **arrays)
    print(f"{len(arrays)} arrays, {PATH.stat().st_size} bytes")

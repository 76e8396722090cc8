"""The public layers on ids."""

import keras
import numpy as np

from conformance.cases.case import Case

IDS = [[5, 6, 7, 8, 9], [4, 5], [9, 8, 7]]


@keras.saving.register_keras_serializable(package="conformance")
def is_small(token: int) -> bool:
    return token < 6


def _packer_arguments() -> dict:
    return {
        "sequence_length": 6,
        "start_value": [1, 2],
        "end_value": 3,
        "pad_value": 10,
        "return_padding_mask": True,
        "padding_side": "left",
        "truncation": "silent",
    }


_SKIPS = {
    "skip_fn": lambda: {"rate": 0.5, "skip_fn": is_small, "seed": 3},
    "skip_py_fn": lambda: {"rate": 0.5, "skip_py_fn": is_small, "seed": 3},
}

PREPROCESSING_LAYERS = [
    Case("StartEndPacker", _packer_arguments, {"inputs": IDS}),
    Case(
        "MultiSegmentPacker",
        lambda: {
            **_packer_arguments(),
            "sep_value": [4, 3],
            "truncate": "waterfall",
            "end_segment": 2,
            "pad_segment": 4,
        },
        {"inputs": (IDS, IDS[::-1])},
    ),
    Case(
        "MaskedLMMaskGenerator",
        lambda: {
            "vocabulary_size": 12,
            "mask_selection_rate": 0.5,
            "mask_token_id": 11,
            "mask_selection_length": 3,
            "unselectable_token_ids": [0, 5],
            "mask_token_rate": 0.6,
            "random_token_rate": 0.2,
            "seed": 3,
        },
        {"inputs": np.array([[5, 6, 7, 8], [9, 8, 5, 0]])},
    ),
    Case(
        "RandomDeletion",
        lambda: {"rate": 0.5, "max_deletions": 2, "skip_list": [5], "seed": 3},
        {"inputs": IDS},
        others=_SKIPS,
    ),
    Case(
        "RandomSwap",
        lambda: {"rate": 0.5, "max_swaps": 2, "skip_list": [5], "seed": 3},
        {"inputs": IDS},
        others=_SKIPS,
    ),
]

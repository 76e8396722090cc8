"""FromPreset: what can be loaded from a preset and saved as one."""

from pathlib import Path
from typing import Any, ClassVar, Self

from nlpkit.presets.loading import load
from nlpkit.presets.saving import save


class FromPreset:
    """Mix-in of tokenizers, preprocessors, backbones and tasks.

    A base class says what its kind is (`preset_kind`: "tokenizer", "preprocessor", "backbone" or
    "task"). A family's classes say, in their own file, how they go with Hugging Face's:

    - tokenizer: `save_files(folder) -> list[str]`, `from_files(folder, config, **arguments)`
    - preprocessor: `tokenizer_class`
    - backbone: `tokenizer_class`, `hf_model_types`, `hf_architecture`, `hf_prefix`,
      `weight_table()`, `to_hf_config()`, and as a class method `from_hf_config(reader)`
    - task: `backbone_class`, `preprocessor_class` (or None), `hf_architecture` (and
      `hf_other_architectures` whose head is the same), `hf_head_config()`, and as class methods
      `head_table()` and `from_hf_head_config(reader)`
    """

    preset_kind: ClassVar[str]

    @classmethod
    def from_preset(cls, preset: str | Path, **kwargs: Any) -> Self:
        """Load from a preset.

        Called on a base class (`Backbone`, `TextClassifier`, …) it returns an object of the
        preset's family.

        Args:
            preset: str or Path. The name of a bundled preset (`nlpkit.presets.list_presets()`), a
                folder in nlpkit's own layout, or a Hugging Face folder (config.json, safetensors,
                tokenizer files).
            **kwargs: constructor arguments that replace the preset's: of the class itself, else of
                its backbone (`dtype` too), preprocessor or tokenizer. Also, for backbones and
                tasks, `load_weights` (bool, default True; False keeps the random initial weights),
                and for tasks `load_head` (bool, default True; False gives a fresh head, which
                needs its arguments, such as `num_classes`) and `preprocessor` (an object to use
                instead of the preset's, or None).

        Returns:
            An object of this class. A variable that the preset has no tensor for keeps its initial
            value, and a warning names it.

        Raises:
            ValueError: the preset is unknown, of another family, damaged, or does not fit; a file
                names what nlpkit does not know; the saved head has another `num_classes`.
            TypeError: an argument is none of the class's or its parts'.
        """
        return load(cls, preset, **kwargs)

    def save_to_preset(self, preset_dir: str | Path, *, dtype: str | None = None) -> None:
        """Save as a preset: a Hugging Face folder, which transformers opens, plus `nlpkit.json`.

        A task is saved with its backbone, head, preprocessor and tokenizer.

        Args:
            preset_dir: str or Path. The folder; it is made if needed. Files of an earlier preset
                in it are replaced, others are never.
            dtype: str. The dtype to store weights in, such as "float16"; by default that of the
                variables. Models compute in their own dtype however they were stored.

        Raises:
            ValueError: an argument of the object cannot be stored as a plain value; a file is in
                the way; the model has variables that its family's weight table does not name.
        """
        save(self, preset_dir, dtype)

"""FromPreset: what can be loaded from a preset and saved as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from nlpkit.presets.folders.folder_files import FolderFiles
    from nlpkit.presets.records import PresetRecord


@dataclass(frozen=True)
class Carried:
    """What an object from a preset is saved with, beside what it says itself.

    Attributes:
        config: dict. Keys of config.json, or for a tokenizer of tokenizer_config.json.
        generation: dict. What generation_config.json says.
        chat_template: str or None. What chat_template.jinja says.
        files: dict. The contents of files that are written as they were, by name.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    generation: Mapping[str, Any] = field(default_factory=dict)
    chat_template: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


NOTHING = Carried()


class _Presets:
    """`cls.presets`: the records of the presets that a class can load, by name."""

    def __get__(self, thing: object, cls: "type[FromPreset]") -> "dict[str, PresetRecord]":
        from nlpkit.presets.registry import records_of

        return records_of(cls)


class FromPreset:
    """Mix-in of tokenizers, preprocessors, backbones and tasks.

    What reads and writes presets is imported when it is called: an object that is built from its
    arguments needs none of it.

    A base class says what its kind is (`preset_kind`: "tokenizer", "preprocessor", "backbone" or
    "task"), and declares the class variables by which a family says how it goes with Hugging Face's
    classes. Beside these a family defines:

    - tokenizer: `save_files(folder) -> list[str]`, `from_files(folder, config, **arguments)`
    - backbone: `weight_table()`, `to_hf_config()`, and as a class method `from_hf_config(reader)`
    - task: `hf_head_config()`, `table_of_head()`, `hf_architecture`, `hf_prefix`, and as class
      methods `head_on(backbone_class)`, `holds_head(…)`, `from_hf_head_config(reader, …)`
    """

    preset_kind: ClassVar[str]
    presets: ClassVar[_Presets] = _Presets()
    # Whether it is a task that no family needs to know: files of its own describe the head, and the
    # backbone's tensors are called as those of a backbone alone.
    fits_any_backbone: ClassVar[bool] = False
    carried: Carried = NOTHING

    def save_files(self, folder: Path) -> list[str]:
        """Write the files that are its own, into a folder; returns their names."""
        return []

    @classmethod
    def from_folder(cls, folder: "FolderFiles") -> dict[str, Any]:
        """The arguments that files of a Hugging Face folder state, beside config.json."""
        return {}

    @classmethod
    def from_preset(cls, preset: str | Path, **kwargs: Any) -> Self:
        """Load from a preset.

        Called on a base class (`Backbone`, `TextClassifier`, …) it returns an object of the
        preset's family.

        Args:
            preset: str or Path. A preset's name (`cls.presets` and `nlpkit.presets.list()` show
                them), a handle (`hf://org/repo[@revision]`,
                `kaggle://owner/model/framework/variation[/version]`, `https://host/folder`), or
                a folder: nlpkit's own layout, a Hugging Face one (config.json, safetensors,
                tokenizer files) or KerasHub's (KerasNLP 0.7 and later). What was downloaded once
                is loaded without the network.
            **kwargs: constructor arguments that replace the preset's: of the class itself, else of
                its backbone (`dtype` too), preprocessor or tokenizer. Also, for backbones and
                tasks, `load_weights` (bool, default True; False keeps the random initial weights,
                and allows for 2**30 parameters, four gigabytes in float32, unless `max_parameters`
                says otherwise, rather than for what the tensors have), and for tasks `load_head`
                (bool, default True; False gives a fresh head, which needs its arguments, such as
                `num_classes`), `compile`
                (bool, default True; False leaves compiling to you) and
                `preprocessor` (an object to use instead of the preset's, or None). And for all of
                them `offline` (bool; True never uses the network, by default as `NLPKIT_OFFLINE`
                and `HF_HUB_OFFLINE` say), `lock` (path of a lock file, see `nlpkit.presets.lock`),
                `allow_pickle` (bool, default False; True has PyTorch read weights that are a
                pickle, without running code) and `mmap` (bool, default False; True lets a model
                of PyTorch on a CPU have the safetensors files as its memory, until it is trained:
                it loads faster, and processes share it, but writing into the files changes the
                model, and shortening them kills the process). And `verify` (bool, default False;
                True reads every file for its SHA-256 before loading, about a second a gigabyte,
                whatever was computed before; otherwise weights without `nlpkit.json` are compared
                by their size alone). What changed since it was downloaded is brought anew, with a
                warning, if it is found so or keeps the preset from loading. And `allow_patterns`
                (bool, default False; True lets a tokenizer split text by any regular expression,
                rather than by those of published models and such as never take long).

        Returns:
            An object of this class. A variable that the preset has no tensor for keeps its initial
            value, and a warning names it.

        Raises:
            ValueError: the preset is unknown, gated, of another family, damaged, or does not fit; a
                file names what nlpkit does not know; the saved head has another `num_classes`.
            ConnectionError: it would have to be downloaded, and there is no network.
            OSError: it cannot be written to the cache: no space, or no permission.
            TypeError: an argument is none of the class's or its parts'.
        """
        from nlpkit.presets.loading.load import load

        loaded: Self = load(cls, preset, **kwargs)
        return loaded

    def save_to_preset(
        self,
        preset_dir: str | Path,
        *,
        dtype: str | None = None,
        max_shard_size: int | str = "5GB",
    ) -> None:
        """Save as a preset: a Hugging Face folder, which transformers opens, plus `nlpkit.json`.

        A task is saved with its backbone, head, preprocessor and tokenizer. How far its training
        has come is not: which layers are frozen, what it was compiled with and the state of its
        optimizer are in a `.keras` file (`task.save("task.keras")`), which Keras reads after
        `import nlpkit`.

        Args:
            preset_dir: str or Path. The folder; it is made if needed, and "~/" is your home.
                Files of an earlier preset in it are replaced, others are never. Whenever saving
                is interrupted, the folder holds the old preset or the new one; what is left to
                tidy up, the next saving does.
            dtype: str. The dtype to store weights in, such as "float16"; by default that of the
                variables. Models compute in their own dtype however they were stored.
            max_shard_size: int or str. The most bytes of weights in a file, such as "500MB"; more
                go into several files with an index. Default "5GB".

        Raises:
            ValueError: an argument of the object cannot be stored as a plain value; a file is in
                the way; the model has variables that its family's weight table does not name;
                `preset_dir` is empty, a home folder itself or an address.
            OSError: the disk is full, or the folder may not be written.
        """
        from nlpkit.presets.loading.save import save

        save(self, preset_dir, dtype, max_shard_size)

    def export_to_transformers(self, path: str | Path) -> None:
        """Write the folder that transformers opens: a preset without what only nlpkit reads.

        A task without a preprocessor is written without a tokenizer.

        Args:
            path: str or Path. The folder; it is made if needed.

        Raises:
            ValueError: a preprocessor has no tokenizer; see also `save_to_preset`.
        """
        from nlpkit.presets.loading.save import export

        export(self, path)

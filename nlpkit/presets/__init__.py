"""Presets: pretrained weights, vocabularies and configurations, by name or in folders.

`from_preset` of tokenizers, preprocessors, backbones and tasks takes a name (`list()` shows them),
a handle or a folder:

- `hf://org/repo[@revision]`: the Hugging Face Hub, with `HF_ENDPOINT`, `HF_HOME`, `HF_TOKEN` and
  `HF_HUB_OFFLINE` as everywhere;
- `kaggle://owner/model/framework/variation[/version]`: Kaggle, with `pip install nlpkit[kaggle]`;
- `https://host/folder`: a mirror or store of your own; `http://` on this machine;
- `file:///folder`, or a path.

Downloaded presets are loaded without the network. `download` fetches a preset in advance, `verify`
checks it again, `lock` pins it, `upload` publishes one of yours, `register` gives it a name.

Security, remote presets
    A preset is data from whoever can write to its source, and is treated as such. Connections are
    encrypted, redirects included. Only files of a preset are downloaded, never code, and under
    names that are chosen here or are plain. Each is compared with what the source states (size, and
    SHA-256 or git's hash on the Hub), with the SHA-256 in `nlpkit.json`, and with the lock file if
    there is one; one that differs is deleted, brought once more, then refused. ETags that are
    hashes count, too, and what another program left is compared with them. A load that fails
    because files changed since, or came damaged, brings these anew, with a warning; `from_preset(…,
    verify=True)` reads them all for their SHA-256 first. These hashes
    find damage in transport and storage. They do not make an author trustworthy: a repository may
    change what `main` is. Pin a revision (`hf://org/repo@commit`) or use a lock file where that
    matters. Tokens are sent to the Hub alone, by huggingface_hub; URLs with passwords are refused,
    as they would end up in logs. A server names no paths: commits, ETags, file names and redirects
    that are not as they may be are refused before files are made of them. Descriptions are at most
    64 MiB, compressed or not, and who sends less than 10 kB a second for five minutes is given up.
    Records in the caches count if they are of the preset's own folder, and lock files send no name
    to another address. Where a server can be reached only from your network, so can its files
    through a handle: do not load handles that strangers supply.

Security, files
    Loading a preset runs no code that it brings and opens no file outside its folder; what is odd
    is refused with a `ValueError`, before memory is taken for it.

    - Descriptions (JSON): bounded in size, depth and count; a key that occurs twice, NaN and
      infinity are errors. Classes are looked up by name in the list of nlpkit's own, never imported
      by a module's name; `keras.saving` is not used, so that lambdas, functions, wrapped modules
      and SavedModels cannot come in. Arguments are plain values of the types that constructors
      state. An unknown key is an error, as it may be what changes the output. Code that a
      repository brings (`auto_map`) is never run, and neither are chat templates, which are saved
      again with what was loaded.
    - File names are plain names in the folder, wherever they stand; vocabularies are never named,
      but found. Links that lead out are refused, except to the blobs of a Hugging Face cache.
    - A class that this version does not know, of a task or preprocessor, is refused where it is
      asked for; tokenizer and backbone beside it can be loaded alone.
    - safetensors: the header is checked against the file (lengths, shapes, places, each tensor
      once), and sizes in the configuration against the tensors, before a model is built. Models
      are built without values and given them when all shapes fit. With `load_weights=False` there
      is nothing to hold sizes against but a ceiling of 2**30 parameters (`max_parameters=`).
    - Numbers of weights must be floating-point, finite and below 2**30; arguments are held to the
      ranges of the constructors. A tokenizer's regular expressions must be published or plain,
      unless `allow_patterns=True`; its files, tokens, ids and replacements are bounded.
    - The SHA-256 of a large file in nlpkit's own layout is computed once, and remembered in
      `NLPKIT_HOME` with the file's size, inode and times of change; `verify` computes it anew.
    - HDF5 (KerasHub): links of all kinds, external storage, virtual data sets, filters beyond gzip
      and shapes without bytes are refused, without being followed.
    - Pickles (`pytorch_model.bin`) are refused unless `allow_pickle=True`; then PyTorch (2.6 or
      newer) reads them with its restricted unpickler. It runs no code, but it is the weakest of
      these readers: convert such a preset once, in a sandbox, rather than load it daily.

    A folder with `nlpkit.json` holds the files listed there and no others, for who reads it. Each
    is opened once: what is parsed is what was compared, and weights that change meanwhile are
    refused. Saving in a folder leaves the old preset or the new one, whenever it is interrupted;
    programs that are loading the old one go on with it.

    A model has memory of its own. Only with PyTorch on a CPU, and not on Windows, are its weights
    the safetensors files, mapped, for weights in the Hugging Face cache, to which nobody writes,
    and with `from_preset(…, mmap=True)`: files that are then overwritten in place (rather than
    replaced, as nlpkit, `mv` and `rsync` do) change or crash the program that has them loaded.

    What this does not do: libhdf5, safetensors and PyTorch parse bytes in native code, whose faults
    would be theirs; keep them up to date. Weights can be trained to do harm: a classifier may be
    wrong on purpose. A model that fits its files may still be too large for this machine.
"""

from typing import TYPE_CHECKING

from nlpkit._namespace import namespace

if TYPE_CHECKING:
    from nlpkit.presets.keeping import download as download
    from nlpkit.presets.keeping import lock as lock
    from nlpkit.presets.keeping import verify as verify
    from nlpkit.presets.records import PresetRecord as PresetRecord
    from nlpkit.presets.records import list_records as list  # noqa: A004, F401 (its name)
    from nlpkit.presets.records import list_records as list_presets  # noqa: F401
    from nlpkit.presets.records import register as register
    from nlpkit.presets.records import show as show
    from nlpkit.presets.uploading import upload as upload

__all__, __getattr__, __dir__ = namespace(
    __name__,
    {
        "keeping": "download, lock, verify",
        "records": "PresetRecord, register, show, "
        "list_records as list, list_records as list_presets",
        "uploading": "upload",
    },
    needs_keras=False,
)

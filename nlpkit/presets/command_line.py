"""The command `python -m nlpkit presets`: list, show, download, verify and convert presets."""

import argparse
import sys
from collections.abc import Callable, Sequence

import nlpkit.presets as presets
from nlpkit._version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: list of str. By default those of the process.

    Returns:
        int, the exit status: 0 if all went well, 1 if not; the reason is on the standard error.
        (Usage errors exit with 2.)
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except BrokenPipeError:  # `| head` has closed the pipe.
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; what was downloaded in full is kept.\n")
        return 130
    except (ValueError, TypeError, OSError, ImportError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nlpkit")
    parser.add_argument("--version", action="version", version=f"nlpkit {__version__}")
    namespaces = parser.add_subparsers(required=True, metavar="presets")
    commands = namespaces.add_parser("presets", help=__doc__).add_subparsers(
        required=True, metavar="command"
    )
    listing = _command(commands, "list", _list, "list the named presets")
    listing.add_argument("--family", help="only this family's, such as bert")
    listing.add_argument("--task", help="only those with a head for it, such as TextClassifier")
    showing = _command(commands, "show", _show, "show the facts of a preset")
    showing.add_argument("name")
    downloading = _command(commands, "download", _download, "download presets to this machine")
    downloading.add_argument("preset", nargs="+", help="a name or a handle")
    downloading.add_argument("--refresh", action="store_true", help="ask for newer revisions")
    downloading.add_argument("--allow-pickle", action="store_true", help="accept pickled weights")
    downloading.add_argument("--lock", metavar="FILE", help="the lock file that must pin them")
    verifying = _command(commands, "verify", _verify, "compare files with their hashes")
    verifying.add_argument("preset", nargs="+", help="a name, a handle or a folder")
    verifying.add_argument(
        "--tokenizer", action="store_true", help="compare ids with the Rust engine's instead"
    )
    converting = _command(commands, "convert", _convert, "write a preset in nlpkit's own layout")
    converting.add_argument("source", metavar="SRC", help="a name, a handle or a folder")
    converting.add_argument("target", metavar="DST", help="the folder to write")
    converting.add_argument("--dtype", help="to store weights in, such as float16")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace], None],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{name}: {text}.")
    parser.set_defaults(command=command)
    return parser


def _list(options: argparse.Namespace) -> None:
    _say(repr(presets.list(options.family, options.task)))


def _show(options: argparse.Namespace) -> None:
    _say(str(presets.show(options.name)))


def _download(options: argparse.Namespace) -> None:
    for preset in options.preset:
        folder = presets.download(
            preset, refresh=options.refresh, allow_pickle=options.allow_pickle, lock=options.lock
        )
        _say(f"{preset}: {folder}")


def _verify(options: argparse.Namespace) -> None:
    if options.tokenizer:
        from nlpkit.presets.tokenizer_check import check_tokenizer  # Imports Keras.

        for preset in options.preset:
            _say(f"{preset}: the ids of {check_tokenizer(preset)} texts are the engine's")
        return
    for preset in options.preset:
        _say(f"{preset}: {len(presets.verify(preset))} files are intact")


def _convert(options: argparse.Namespace) -> None:
    from nlpkit.presets.conversion import convert  # Imports Keras, which the others do not need.

    for name, folder in convert(options.source, options.target, options.dtype).items():
        _say(f"{name}: {folder}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")

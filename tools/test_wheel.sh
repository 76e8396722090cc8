#!/usr/bin/env bash
# Build the wheel, install it beside a backend in an environment of its own, and use it there, away
# from the source: what a release gives to its users.
#
#   bash tools/test_wheel.sh [jax|torch|tensorflow]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
unset PYTHONPATH  # Whatever it names, the wheel is to be found without.
source tools/environment.sh
backend=${1:-jax}

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$(find_python)" -m venv "$place/venv"
VIRTUAL_ENV="" PATH="$place/venv/bin:$PATH"
python -m pip wheel --quiet --no-deps --wheel-dir dist .
wheel=$(ls -t "$root"/dist/nlpkit-*.whl | head -1)
install "$wheel[$backend]" pytest hypothesis
cp -r tests examples "$place"
cp pyproject.toml "$place"
cd "$place"
export KERAS_BACKEND=$backend
python -c "import nlpkit; print(nlpkit.__file__)" | grep -F "$place/venv"
python -m nlpkit presets list
python examples/getting_started/1_predict.py --quick
python -m pytest -q tests/test_first_hour.py tests/journeys/test_new_process.py
echo "The wheel works: ${wheel#"$root"/}"

#!/usr/bin/env bash
# Format, lint, types, import layers; then every test on each backend, one process a backend, side by
# side, each with the share of two cores with which all end together; the first one's output comes
# as it runs, the others' after it. Tests that say nothing of the backend (marked by_turns) run on
# one of the three.
#
#   bash tools/test.sh                            everything, as CI does
#   bash tools/test.sh --backend jax              one backend
#   bash tools/test.sh --backend jax -- -k bert   what follows -- goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/environment.sh

backends=(tensorflow jax torch)
while [ $# -gt 0 ]; do
  case "$1" in
    --backend) backends=("${2:?--backend needs jax, torch or tensorflow}"); shift 2 ;;
    --) shift; break ;;
    *) echo "unknown argument $1; usage: test.sh [--backend jax|torch|tensorflow] [-- pytest arguments]" >&2; exit 2 ;;
  esac
done

install_everything() {
  install --editable . tensorflow-cpu jax torch transformers kagglehub \
    sacrebleu nltk tensorboard pytest pytest-cov pytest-xdist hypothesis ruff mypy import-linter
  # They ask for the package tensorflow, by name; tensorflow-cpu is the same and a third of its size.
  # What else KerasHub needs is there.
  install --no-deps tensorflow-text keras-hub
}

# Processes that the tests start find the library compiled to bytecode.
unset PYTHONDONTWRITEBYTECODE
failed=()
stage() {
  local name=$1 start=$SECONDS status=0
  shift
  echo "== $name"
  "$@" || status=$?
  echo "== $name: $((SECONDS - start)) s"
  return $status
}

test_backend() {
  # Backends run side by side: more threads than one each would wait for each other.
  stage "$1" nice -n "${niceness:-0}" env KERAS_BACKEND="$1" OMP_NUM_THREADS=1 \
    python -m pytest --durations=15 ${by_turns:+--by-turns} "${@:2}"
}

if [ ${#backends[@]} -eq 3 ]; then by_turns=1; fi
after=(0 3 6) # How nice each is to those before it.

activate_environment
install_once test install_everything
stage check python tools/check.py || failed+=(check)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
for ((i = 1; i < ${#backends[@]}; i++)); do
  niceness=${after[i]} test_backend "${backends[i]}" "$@" > "$logs/$i" 2>&1 &
  running[i]=$!
done
test_backend "${backends[0]}" "$@" || failed+=("${backends[0]}")
for ((i = 1; i < ${#backends[@]}; i++)); do
  wait "${running[i]}" || failed+=("${backends[i]}")
  cat "$logs/$i"
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]} ($SECONDS s)"
  exit 1
fi
echo "All passed: check ${backends[*]} ($SECONDS s)"

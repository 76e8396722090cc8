# Sourced by the other scripts: the virtual environment they run in.

# Activates .venv in the repository's root, making it first where it is missing, unless a virtual
# environment is active already.
activate_environment() {
  if [ -n "${VIRTUAL_ENV:-}" ]; then
    echo "== using the active virtual environment $VIRTUAL_ENV"
    return
  fi
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(find_python)
    echo "== making .venv with $("$python" --version)"
    "$python" -m venv .venv
  fi
  # shellcheck disable=SC1091
  source .venv/bin/activate
}

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3 python; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer, with venv, is needed on PATH." >&2
  return 1
}

# install_once NAME FUNCTION: runs FUNCTION, unless it has run in this environment for this
# checkout with the same scripts, pyproject.toml and constraints.
install_once() {
  local stamp="$VIRTUAL_ENV/.nlpkit-$1" inputs
  inputs=$({ pwd; cat tools/*.sh tools/constraints.txt pyproject.toml; } | cksum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then
    return
  fi
  echo "== installing ($1)"
  "$2"
  echo "$inputs" >"$stamp"
}

install() {
  python -m pip install --quiet --disable-pip-version-check --constraint tools/constraints.txt "$@"
}

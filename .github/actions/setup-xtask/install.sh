#!/usr/bin/env bash
# Installs cargo-xtask into an environment of its own, and puts that on the job's PATH. `action.yml` gives VERSION or WHEEL.
set -euo pipefail

spec="${WHEEL:-cargo-xtask${VERSION:+==$VERSION}}"
folder="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/cargo-xtask"
python="$(command -v python3 || command -v python)"
"$python" -m venv --clear "$folder"
bin="$folder/bin"
if [ ! -d "$bin" ]; then bin="$folder/Scripts"; fi

# A wheel that is given needs no index.
own=()
if [ -n "${WHEEL:-}" ]; then own=(--no-index); fi
"$bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "${own[@]}" "$spec"

version="$("$bin/cargo-xtask" --version)"
echo "$bin" >> "$GITHUB_PATH"
echo "XTASK_CACHE_DIR=$RUNNER_TEMP/cargo-xtask-cache" >> "$GITHUB_ENV"
echo "version=${version##* }" >> "$GITHUB_OUTPUT"
echo "installed $version"

#!/bin/sh
# Compile the lock files: hashed, for every platform, without naming an index.
# Usage: compile.sh UV DIRECTORY. Pins that stand in DIRECTORY already are kept while they satisfy pyproject.toml.
set -eu
uv=$1 directory=$2
compile() {
  lock=$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --output-file "$directory/$lock" "$@"
}
compile setup.lock requirements/setup.in
compile run.lock pyproject.toml --extra world
compile dev.lock pyproject.toml --extra world --group dev

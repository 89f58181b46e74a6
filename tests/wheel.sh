#!/bin/sh
# Build the wheel, look into it, install it in a clean environment and run the demo from there. Usage: wheel.sh BIN
set -eu
bin=$(cd "$1" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
rm -rf dist
"$bin/uv" build --quiet --wheel --no-build-isolation --python "$bin/python" --out-dir dist
wheel=$(ls dist/*.whl)
"$bin/python" tests/wheel_contents.py "$wheel"
"$bin/uv" venv --quiet --python "$bin/python" "$place/venv"
"$bin/uv" pip install --quiet --require-hashes --python "$place/venv/bin/python" -r requirements/run.lock
"$bin/uv" pip install --quiet --no-deps --offline --python "$place/venv/bin/python" "$wheel"
cd "$place"
env -u PYTHONPATH "$place/venv/bin/twinlock" demo

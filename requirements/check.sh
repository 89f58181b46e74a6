#!/bin/sh
# Fail if a lock file is not what pyproject.toml gives, given its own pins. Usage: check.sh UV
set -eu
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp requirements/*.lock "$copy"
sh requirements/compile.sh "$1" "$copy"
for lock in requirements/*.lock; do
  cmp -s "$lock" "$copy/$(basename "$lock")" || { echo "$lock is out of date. Run: make locks" >&2; exit 1; }
done

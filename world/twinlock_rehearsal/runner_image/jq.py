"""`jq` for jobs: jq itself, through its Python binding, with the options that pipelines use."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def main(arguments: list[str]) -> int:
    """Run one filter over standard input; the exit codes are jq's.

    Source: jq's manual, "Invoking jq": 5 for an error, with --exit-status 1 for a last value of false or null and 4
    for no value at all.
    """
    import jq  # noqa: PLC0415 - a message for a missing binding is better than a traceback at import

    parser = argparse.ArgumentParser(prog="jq")
    parser.add_argument("--null-input", "-n", action="store_true")
    parser.add_argument("--raw-output", "-r", action="store_true")
    parser.add_argument("--compact-output", "-c", action="store_true")
    parser.add_argument("--exit-status", "-e", action="store_true")
    parser.add_argument("--arg", nargs=2, action="append", default=[])
    parser.add_argument("--argjson", nargs=2, action="append", default=[])
    parser.add_argument("filter")
    parser.add_argument("file", nargs="?")
    asked = parser.parse_args(arguments)
    names: dict[str, Any] = dict(asked.arg) | {name: json.loads(text) for name, text in asked.argjson}
    text = "null" if asked.null_input else sys.stdin.read() if asked.file is None else _read(asked.file)
    try:
        values = list(jq.compile(asked.filter, args=names).input_text(text))
    except ValueError as error:
        sys.stderr.write(f"jq: error: {error}\n")
        return 5
    for value in values:
        sys.stdout.write(_written(value, raw=asked.raw_output, compact=asked.compact_output) + "\n")
    if not asked.exit_status:
        return 0
    if not values:
        return 4
    return 1 if values[-1] is None or values[-1] is False else 0


def _written(value: Any, *, raw: bool, compact: bool) -> str:  # noqa: ANN401 - any JSON
    if raw and isinstance(value, str):
        return value
    if compact:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(value, ensure_ascii=False, indent=2)


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a path as a shell gives it
        return file.read()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

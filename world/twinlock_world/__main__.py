"""The command line: `python -m twinlock_world serve`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Final

from twinlock_world.server import RunnerSettings, Settings, serve
from twinlock_world.start import StartError

_USAGE: Final = 2
_INTERRUPTED: Final = 130
_LARGEST_PORT: Final = 65535


def main() -> int:
    """Serve until told to stop, and return the exit code."""
    settings = _settings(sys.argv[1:])
    try:
        serve(settings)
    except StartError as error:
        sys.stderr.write(f"twinlock_world: {error}\n")
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _settings(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="twinlock_world", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("serve", help="serve a local GitHub and AWS on loopback until stopped")
    command.add_argument("--state", type=Path, required=True, help="directory that keeps everything; made if missing")
    command.add_argument("--seed", type=Path, required=True, help="JSON file that says which accounts exist")
    command.add_argument("--ready-file", type=Path, required=True, help="where to write addresses and credentials")
    command.add_argument("--port", type=_port, default=0, help="port of GitHub; a free one by default")
    command.add_argument("--aws-port", type=_port, default=0, help="port of AWS; a free one by default")
    command.add_argument(
        "--companion", type=shlex.split, default=[], help="command to run beside the world; see README.md"
    )
    command.add_argument("--socket", type=Path, help="file to listen on beside the port, for clients such as gh")
    command.add_argument("--runner", choices=("act",), help="execute workflows' jobs on this machine; else they wait")
    command.add_argument(
        "--runner-path", type=Path, action="append", default=[], help="directory before the PATH of jobs; repeatable"
    )
    command.add_argument("--runner-environment", type=Path, help="file of NAME=VALUE lines that every job finds")
    command.add_argument("--tasks", action="store_true", help="run tasks of ECS on this machine; else they are refused")
    command.add_argument(
        "--task-path", type=Path, action="append", default=[], help="directory before the PATH of tasks; repeatable"
    )
    found = parser.parse_args(arguments)
    return Settings(
        found.state,
        found.seed,
        found.ready_file,
        found.port,
        found.aws_port,
        companion=tuple(found.companion),
        socket=found.socket,
        runner=RunnerSettings(tuple(found.runner_path), found.runner_environment) if found.runner else None,
        tasks=tuple(found.task_path) if found.tasks else None,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

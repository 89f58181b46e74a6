"""The job that makes an integration environment, uses it and destroys it: what it asks for, and what it notes of that.

It has no manifest. What decides the environment are a file of the tests repository that the platform owns, and the
role that the job has obtained. What was asked is noted before anything is made, so that what was made can be destroyed
whatever happens in between.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from twinlock import names, programs
from twinlock.errors import BadInput, Incomplete
from twinlock.files import write_atomically
from twinlock.manifest import naming
from twinlock.model.integration import Ground
from twinlock.programs import run as runs
from twinlock.provider.connection import AwsConnection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twinlock.engine.port import Stack

_NOTE = "run.json"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job asks for, as it was given.

    Attributes:
        about: Content of the tests repository's `.github/integration.json`.
        run: The run's name, `SERVICE-SUFFIX`.
        digest: Digest of the service's image.
        suite_digest: Digest of the suite's image.
        build_account: Digits of the account that holds services' images.
        integration_account: Digits of the account in which the environment stands.
        region: The region of both.
        started: When the run began, in ISO 8601.
    """

    about: str
    run: str
    digest: str
    suite_digest: str
    build_account: str
    integration_account: str
    region: str
    started: str


def stack(asked: Asked, environment: Mapping[str, str]) -> Stack:
    """Return the stack of an environment, to be made or destroyed with the credentials that the job holds.

    Args:
        asked: What the job asks for.
        environment: The job's variables: keys and, in the world, the address of AWS.

    Raises:
        BadInput: What is asked for cannot be right.
        Incomplete: The job holds no credentials.
    """
    from twinlock.manifest import integration_file  # noqa: PLC0415 - pydantic is heavy

    _check(asked)
    tested = integration_file.decode(asked.about.encode())
    ground = Ground(asked.integration_account, asked.build_account, asked.region)
    image = f"{names.registry(ground.images, ground.region)}/{tested.service}@{asked.digest}"
    repository = names.run_repository(tested.service, asked.run)
    suite = f"{names.registry(ground.account, ground.region)}/{repository}@{asked.suite_digest}"
    run = runs.parse(tested, asked.run, image, suite, asked.started)
    return programs.environment(tested, ground, run, _account(ground, environment))


def note(directory: Path, asked: Asked) -> None:
    """Note in the job's private directory what is about to be made.

    Raises:
        Incomplete: The directory cannot be written.
        BadInput: Another run is noted there.
    """
    earlier = noted(directory)
    if earlier is not None and earlier.run != asked.run:
        raise BadInput(
            f"The environment {asked.run} was not made.",
            f"{directory} is the state of {earlier.run}.",
            "Destroy that first with `twinlock integration down`, or name another directory.",
        )
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Incomplete(
            f"The environment {asked.run} was not made.",
            f"{directory} cannot be written: {error.strerror}.",
            "Name another directory.",
        ) from None
    write_atomically(directory / _NOTE, json.dumps(asdict(asked), indent=2) + "\n", mode=0o600)


def noted(directory: Path) -> Asked | None:
    """Return what was asked for in a directory; None where nothing was.

    Raises:
        BadInput: The note is damaged.
    """
    path = directory / _NOTE
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.keys() == {field.name for field in fields(Asked)}:
        return Asked(**{name: str(value) for name, value in found.items()})
    raise BadInput(f"{path} is damaged.", "It is not what `twinlock integration up` writes.", "Name its directory.")


def _check(asked: Asked) -> None:
    for digest in (asked.digest, asked.suite_digest):
        if not _DIGEST.fullmatch(digest):
            raise BadInput(f"{digest!r} is no digest.", "A digest is sha256: and 64 hexadecimal digits.", "Give one.")
    rules = (
        (asked.build_account, naming.ACCOUNT),
        (asked.integration_account, naming.ACCOUNT),
        (asked.region, naming.REGION),
    )
    for value, rule in rules:
        if not rule.accepts(value):
            raise BadInput(
                f"{value!r} is refused.", f"{rule.says[0].upper()}{rule.says[1:]}.", f"Write it as in {rule.example}."
            )


def _account(ground: Ground, environment: Mapping[str, str]) -> AwsConnection:
    access, secret, token = (environment.get(name) or None for name in KEYS)
    if access is None or secret is None:
        raise Incomplete(
            "AWS was not reached.",
            f"The job holds no credentials: {KEYS[0]} and {KEYS[1]} are not set.",
            "Obtain the integration role first.",
        )
    endpoint = environment.get(ENDPOINT_VARIABLE) or None
    if endpoint is None:
        # The provider finds the very same keys by itself, and so they reach no state.
        return AwsConnection(ground.account, ground.region)
    return AwsConnection(ground.account, ground.region, endpoint, access, secret, token)

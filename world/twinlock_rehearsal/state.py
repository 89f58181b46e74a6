"""What the engine knows of a stack: one file, replaced whole after each step, readable by its owner alone.

An operation is written down before it is begun (`pending`), so that a run that was killed anywhere is finished by the
next one. Secrets are not in it: inputs of providers are not kept, and a secret property is replaced by its digest.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from twinlock.errors import Incomplete
from twinlock.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from twinlock.provider.values import Properties

_VERSION = 1


class Pending(enum.Enum):
    """An operation that was begun."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ResourceState:
    """What is known of one resource.

    Attributes:
        urn: Pulumi's name for it.
        type: Resource type token.
        provider: URN of its provider.
        id: Its id; empty while its creation is pending.
        inputs: What was last declared.
        outputs: What it last was.
        dependencies: URNs of what had to exist before it.
        pending: The operation that was begun and not seen to end.
        protect: Whether deleting it is refused.
        retain: Whether it is left alone when it is no longer declared.
        deleted_with: URN of the resource whose deletion deletes it too.
    """

    urn: str
    type: str
    provider: str
    id: str = ""
    inputs: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, object] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    pending: Pending | None = None
    protect: bool = False
    retain: bool = False
    deleted_with: str = ""

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]


class State:
    """The state of one stack, kept in one file."""

    def __init__(self, path: Path) -> None:
        """Read the file, where there is one.

        Raises:
            Incomplete: It cannot be read, or is not a state.
        """
        self._path = path
        self._resources: dict[str, ResourceState] = {}
        self._outputs: Mapping[str, object] | None = None
        self._text = _read(path) or ""
        if text := self._text:
            self._resources, self._outputs = _parse(path, text)

    @property
    def resources(self) -> Mapping[str, ResourceState]:
        """The resources by URN, in the order in which they were created."""
        return self._resources

    @property
    def outputs(self) -> Mapping[str, object] | None:
        """The stack's outputs; None until a run has come to its end."""
        return self._outputs

    @property
    def digest(self) -> str:
        """The digest of the file: another one for whatever is written to it."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    def find(self, urn: str, aliases: tuple[str, ...] = ()) -> ResourceState | None:
        """Return the resource of this URN, or of one that it had before."""
        return next((self._resources[name] for name in (urn, *aliases) if name in self._resources), None)

    def put(self, resource: ResourceState, *, instead_of: str | None = None) -> None:
        """Write a resource down, unless nothing about it is new.

        Args:
            resource: The resource.
            instead_of: The URN that it had before.
        """
        if instead_of is not None and instead_of != resource.urn:
            self._resources = {
                (resource.urn if urn == instead_of else urn): known for urn, known in self._resources.items()
            }
        if self._resources.get(resource.urn) != resource:
            self._resources[resource.urn] = resource
            self._write()

    def drop(self, urn: str) -> None:
        """Forget a resource."""
        if self._resources.pop(urn, None) is not None:
            self._write()

    def finish(self, outputs: Mapping[str, object] | None) -> None:
        """Write down the outputs of a run that came to its end."""
        if self._outputs != outputs:
            self._outputs = outputs
            self._write()

    def _write(self) -> None:
        document = {
            "version": _VERSION,
            "resources": [_encode(resource) for resource in self._resources.values()],
            "outputs": self._outputs,
        }
        text = json.dumps(document, indent=1, sort_keys=True) + "\n"
        write_atomically(self._path, text, mode=0o600)
        self._text = text


def concealed(properties: Properties) -> dict[str, object]:
    """Return properties as they may be written down: each secret by its digest."""
    return {name: _digest(value) if name in properties.secret else value for name, value in properties.values.items()}


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return f"[secret {hashlib.sha256(text.encode()).hexdigest()}]"


def _encode(resource: ResourceState) -> dict[str, object]:
    return asdict(resource) | {"pending": resource.pending.value if resource.pending else None}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, f"it cannot be read ({type(error).__name__})") from None


def _parse(path: Path, text: str) -> tuple[dict[str, ResourceState], Mapping[str, object] | None]:
    try:
        document = json.loads(text)
        if document["version"] != _VERSION:
            raise _unusable(path, f"it has version {document['version']!r}, and this twinlock writes {_VERSION}")
        resources = [_decode(raw) for raw in document["resources"]]
        outputs = document["outputs"]
    except (ValueError, KeyError, TypeError):
        raise _unusable(path, "it is not a state that twinlock wrote") from None
    if outputs is not None and not isinstance(outputs, Mapping):
        raise _unusable(path, "it is not a state that twinlock wrote")
    return {resource.urn: resource for resource in resources}, outputs


def _decode(raw: Mapping[str, object]) -> ResourceState:
    """Return a resource; an absent field, a surplus one or one of another type is refused."""
    blank = asdict(ResourceState("", "", ""))
    if set(raw) != set(blank):
        raise ValueError("fields")
    fields: dict[str, object] = {name: value for name, value in raw.items() if name not in ("dependencies", "pending")}
    if any(type(value) is not type(blank[name]) for name, value in fields.items()):
        raise TypeError("fields")
    dependencies, pending = raw["dependencies"], raw["pending"]
    if not isinstance(dependencies, list) or not all(isinstance(urn, str) for urn in dependencies):
        raise TypeError("dependencies")
    return ResourceState(
        **fields,  # type: ignore[arg-type]  # the types were compared one by one above
        dependencies=tuple(dependencies),
        pending=None if pending is None else Pending(pending),
    )


def _unusable(path: Path, reason: str) -> Incomplete:
    return Incomplete(
        f"The state {path} was not used.",
        f"{reason[0].upper()}{reason[1:]}.",
        "Restore the file, or begin afresh: `twinlock world reset`, then `twinlock up`.",
    )

"""ECR's layers: their bytes, which moto counts and forgets, and the digests that it believes.

A layer can be downloaded and a task's image unpacked because each completed upload is kept here, in memory, as long as
its repository lives. What ECR calculates itself is not taken from the caller: the digest of a layer and of a manifest.
Called by the edge before moto, and by `tasks` for what it runs. Source:
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html, API_PutImage.html and
API_GetDownloadUrlForLayer.html.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from moto.backends import get_backend

from twinlock_world.aws.call import Refusal, RefusedError
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from moto.ecr.models import Image, Repository

    from twinlock_world.aws.call import Call, Request
    from twinlock_world.jsonvalue import JsonObject

LAYERS: Final = "/_layers/"
"""Where layers are downloaded; no bucket can have this name."""
_SECONDS: Final = 3600
_MOST_LINKS: Final = 10_000


def digest(data: bytes) -> str:
    """Return the digest by which registries name content."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Registry:
    """The layers of every repository of a world."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._layers: WeakKeyDictionary[Repository, dict[str, bytes]] = WeakKeyDictionary()
        self._links: dict[str, tuple[float, bytes]] = {}

    def layer(self, repository: Repository, name: str) -> bytes | None:
        """Return a layer by its digest; nothing where the repository has none such."""
        return self._layers.get(repository, {}).get(name)

    def amend(self, account: str, call: Call, request: Request) -> bytes | None:
        """Check an upload as ECR does, and return the body that moto is to read in place of the request's.

        Raises:
            RefusedError: What was uploaded is not what the caller says.
        """
        match call.action:
            case "CompleteLayerUpload":
                self._complete(account, call, _asked(request))
            case "UploadLayerPart":
                _require_bytes(request)
            case "PutImage":
                return _named(account, call, _asked(request))
            case _:
                pass
        return None

    def answer(self, account: str, call: Call, request: Request) -> JsonObject | None:
        """Answer what moto cannot: where a layer is downloaded.

        Raises:
            RefusedError: There is no such layer.
        """
        if call.action != "GetDownloadUrlForLayer":
            return None
        asked = _asked(request)
        repository = find_repository(account, call.region, asked)
        name = asked.text("layerDigest", "")
        held = None if repository is None else self.layer(repository, name)
        if repository is None or held is None:
            message = f"The layer with digest '{name}' does not exist in the repository"
            raise RefusedError(Refusal(400, "LayerInaccessibleException", message))
        link = f"{LAYERS}{secrets.token_urlsafe(32)}"
        while len(self._links) >= _MOST_LINKS:
            del self._links[next(iter(self._links))]
        self._links[link] = self._now().timestamp() + _SECONDS, held
        return {"downloadUrl": f"http://{request.headers.get('host', '')}{link}", "layerDigest": name}

    def download(self, path: str) -> bytes | None:
        """Return what a link leads to; nothing where it has run out or never was."""
        until, held = self._links.get(path, (0.0, b""))
        return held if self._now().timestamp() < until else None

    def _complete(self, account: str, call: Call, asked: Fields) -> None:
        repository = find_repository(account, call.region, asked)
        upload = None if repository is None else repository.uploads.get(asked.text("uploadId", ""))
        if repository is None or upload is None:
            return  # moto says what is missing
        data = bytes(upload.layer_parts)
        if not data:
            message = "The specified layer upload does not contain any layer parts."
            raise RefusedError(Refusal(400, "EmptyUploadException", message))
        if digest(data) not in asked.texts("layerDigests", []):
            message = (
                "The layer digest calculation performed by Amazon ECR upon receipt of the image layer does not match "
                "the digest specified."
            )
            raise RefusedError(Refusal(400, "InvalidLayerException", message))
        self._layers.setdefault(repository, {})[digest(data)] = data


def find_repository(account: str, region: str, asked: Fields) -> Repository | None:
    """Return the repository that a request names, in the caller's own registry."""
    if asked.text("registryId", account) != account:
        return None
    found: Repository | None = get_backend("ecr")[account][region].repositories.get(asked.text("repositoryName", ""))
    return found


def find_image(repository: Repository, name: str) -> Image | None:
    """Return the image of a digest or a tag."""
    return next(
        (image for image in repository.images if name == image.get_image_digest() or name in image.image_tags), None
    )


def _named(account: str, call: Call, asked: Fields) -> bytes:
    """Return a PutImage that names the digest of its manifest, which moto would believe or make up.

    Raises:
        RefusedError: There is no such repository, or the manifest has another digest, or none at all.
    """
    manifest = asked.text("imageManifest", "").encode()
    try:
        parsed = json.loads(manifest)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        message = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
        raise RefusedError(Refusal(400, "InvalidParameterException", message))
    if find_repository(account, call.region, asked) is None:
        name, registry = asked.text("repositoryName", ""), asked.text("registryId", account)
        message = f"The repository with name '{name}' does not exist in the registry with id '{registry}'"
        raise RefusedError(Refusal(400, "RepositoryNotFoundException", message))
    if asked.text("imageDigest", digest(manifest)) != digest(manifest):
        message = "The specified image digest does not match the digest that Amazon ECR calculated for the image."
        raise RefusedError(Refusal(400, "ImageDigestDoesNotMatchException", message))
    return json.dumps({**asked.raw, "imageDigest": digest(manifest)}).encode()


def _require_bytes(request: Request) -> None:
    """Let a part of a layer pass that is bytes as JSON protocols write them.

    Raises:
        RefusedError: It is none.
    """
    try:
        b64decode(_asked(request).text("layerPartBlob"), validate=True)
    except (FieldError, ValueError) as error:
        message = "The layer part is no Base64."
        raise RefusedError(Refusal(400, "SerializationException", message)) from error


def _asked(request: Request) -> Fields:
    """Return the parameters of a request, its texts known to be texts."""
    try:
        found = json.loads(request.body or b"{}")
        asked = Fields(found if isinstance(found, dict) else {})
        for name in ("registryId", "repositoryName", "uploadId", "layerDigest", "imageManifest", "imageDigest"):
            asked.text(name, "")
        asked.texts("layerDigests", [])
    except (FieldError, ValueError, RecursionError) as error:
        raise RefusedError(Refusal(400, "SerializationException", "The request cannot be read.")) from error
    return asked

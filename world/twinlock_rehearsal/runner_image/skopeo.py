"""`skopeo` for jobs: copies an OCI archive to ECR by ECR's own API.

A registry's wire protocol is not served on loopback, so what `skopeo copy` would upload goes through the calls that
the protocol stands on: InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, PutImage. They are made with the
job's credentials, so that its role must allow them as it must for the real one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

_STAND_IN: Final = "stand-in for skopeo: "
_TARGET: Final = re.compile(
    r"docker://(?P<registry>(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com)/"
    r"(?P<name>[a-z0-9][a-z0-9._/-]*):(?P<tag>[A-Za-z0-9._-]{1,128})"
)


def main(arguments: list[str]) -> int:
    """Stand in for `skopeo login` and `skopeo copy oci-archive:FILE docker://ECR/NAME:TAG`."""
    match arguments[:1]:
        case ["login"]:
            return _login(arguments[1:])
        case ["copy"]:
            return _copy(arguments[1:])
        case _:
            return _refuse("it knows only `login` and `copy`")


def _login(arguments: list[str]) -> int:
    """Keep the password for a registry, where skopeo keeps it: containers-auth.json(5)."""
    parser = argparse.ArgumentParser(prog="skopeo login")
    parser.add_argument("--username", required=True)
    parser.add_argument("--password-stdin", action="store_true", required=True)
    parser.add_argument("registry")
    asked = parser.parse_args(arguments)
    password = sys.stdin.read().strip()
    if not password:
        return _refuse("login needs the password on standard input")
    auth = base64.b64encode(f"{asked.username}:{password}".encode()).decode()
    file = os.open(_auth_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as opened:
        json.dump({"auths": {asked.registry: {"auth": auth}}}, opened)
    sys.stdout.write("Login Succeeded!\n")
    return 0


def _logged_in(registry: str) -> bool:
    try:
        return registry in json.loads(_auth_file().read_text(encoding="ascii"))["auths"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _auth_file() -> Path:
    return Path(os.environ.get("REGISTRY_AUTH_FILE") or Path.home() / "registry-auth.json")


def _copy(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="skopeo copy")
    parser.add_argument("--preserve-digests", action="store_true")
    parser.add_argument("--digestfile", type=Path)
    parser.add_argument("source")
    parser.add_argument("target")
    asked = parser.parse_args(arguments)
    target = _TARGET.fullmatch(asked.target)
    if target is None or not asked.source.startswith("oci-archive:"):
        return _refuse("it copies only from oci-archive:FILE to docker://ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG")
    if not _logged_in(target["registry"]):
        return _fail(f"unauthorized: log in to {target['registry']} first")
    try:
        blobs, manifest = _read(Path(asked.source.removeprefix("oci-archive:")))
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        return _fail(f"{asked.source} is no archive of one image: {error}")
    import boto3  # noqa: PLC0415 - slow to load, and nothing above needs it
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - same

    client: ECRClient = boto3.client("ecr", region_name=target["region"])
    try:
        for blob in blobs:
            _upload(client, target["account"], target["name"], blob)
        client.put_image(
            registryId=target["account"],
            repositoryName=target["name"],
            imageManifest=manifest.decode(),
            imageManifestMediaType=json.loads(manifest)["mediaType"],
            imageTag=target["tag"],
            imageDigest=_digest(manifest),
        )
    except (BotoCoreError, ClientError) as error:
        return _fail(str(error))
    if asked.digestfile is not None:
        asked.digestfile.write_text(_digest(manifest), encoding="ascii")
    sys.stdout.write(
        f"{_STAND_IN}pushed {_digest(manifest)} to {target['registry']}/{target['name']}:{target['tag']}\n"
    )
    return 0


def _upload(client: ECRClient, account: str, name: str, blob: bytes) -> None:
    begun = client.initiate_layer_upload(registryId=account, repositoryName=name)
    client.upload_layer_part(
        registryId=account,
        repositoryName=name,
        uploadId=begun["uploadId"],
        partFirstByte=0,
        partLastByte=len(blob) - 1,
        layerPartBlob=blob,
    )
    client.complete_layer_upload(
        registryId=account, repositoryName=name, uploadId=begun["uploadId"], layerDigests=[_digest(blob)]
    )


def _read(path: Path) -> tuple[list[bytes], bytes]:
    """Return the blobs and the manifest of an archive's only image, each checked against its digest.

    Raises:
        KeyError, OSError, ValueError, tarfile.TarError: The archive does not hold exactly one whole image.
    """
    with tarfile.open(path) as archive:
        index = json.loads(_member(archive, "index.json"))
        (only,) = index["manifests"]
        manifest = _blob(archive, only["digest"])
        described: dict[str, Any] = json.loads(manifest)
        return [_blob(archive, part["digest"]) for part in (described["config"], *described["layers"])], manifest


def _blob(archive: tarfile.TarFile, digest: str) -> bytes:
    data = _member(archive, f"blobs/{digest.replace(':', '/')}")
    if _digest(data) != digest:
        raise ValueError(f"the blob {digest} is another")
    return data


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    if found is None:
        raise ValueError(f"{name} is no file")
    return found.read()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _refuse(why: str) -> int:
    sys.stderr.write(f"{_STAND_IN}{why}\n")
    return 2


def _fail(why: str) -> int:
    sys.stderr.write(f"{_STAND_IN}{why}\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

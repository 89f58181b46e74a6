"""What `twinlock adopt` does: read a running world as one of its owners, and write a platform directory."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from twinlock.errors import BadInput
from twinlock_cli import compose, founding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from twinlock.adoption.found import Found
    from twinlock.adoption.proposal import Proposal
    from twinlock.aws.session import Iam
    from twinlock.github.http import HttpGitHub
    from twinlock.model.account import Purpose
    from twinlock.model.organization import Duty
    from twinlock.provider.world_file import WorldFile

_USAGE = "-C DIR adopt ORG --world FILE"
_UNKNOWN_COMMIT = "0" * 40


def adopt(  # noqa: PLR0913 - each is an option of the command
    root: Path,
    organization: str,
    world: Path | None,
    *,
    leave: Collection[str],
    given: Mapping[str, Duty],
    region: str,
) -> tuple[Proposal, tuple[str, ...]]:
    """Write a platform directory for an organization that exists, and return what it says and which files it has.

    Args:
        root: The directory.
        organization: Login of the organization.
        world: The ready file of its world; None for the directory's own.
        leave: Repositories that stay as they are.
        given: Duties of teams, as people say them.
        region: The AWS region.

    Raises:
        BadInput: There is no world, no such organization, or the directory is in use; nothing was written.
        Incomplete: A part of the organization could not be read; nothing was written.
    """
    from twinlock import manifest

    manifest.check_organization_name(organization)
    root = root.absolute()
    ready = _ready_file(root, world)
    proposals: list[Proposal] = []

    def content() -> Mapping[str, bytes]:
        proposal, files = _proposed(ready, organization, leave=leave, given=given, region=region)
        proposals.append(proposal)
        return files | ({} if ready.parent == root / ".twinlock" else {_own(): ready.read_bytes()})

    spared = [".twinlock"] if ready.parent == root / ".twinlock" else []
    private = [] if spared else [_own()]
    written = founding.make(root, content, usage=_USAGE, spared=spared, private=private)
    return proposals[0], written


def _proposed(
    ready: Path, organization: str, *, leave: Collection[str], given: Mapping[str, Duty], region: str
) -> tuple[Proposal, dict[str, bytes]]:
    from twinlock.adoption import files
    from twinlock.adoption.proposal import propose
    from twinlock.desired.platform_repository import owners
    from twinlock.model.account import Purpose
    from twinlock.model.organization import Duty
    from twinlock.provider import world_file
    from twinlock.scaffold.rendering import pipelines_commit, platform_files

    running = world_file.read_file(ready)
    found = _survey(running, organization, region)
    accounts = {purpose: account.id for purpose, account in found.accounts.items()}
    templates = compose.templates()
    # With an account missing nobody knows it yet; `check` then names the command that mends it.
    whole = all(purpose in accounts for purpose in Purpose if purpose is not Purpose.MANAGEMENT)
    commit = pipelines_commit(found.login, region, accounts, templates) if whole else _UNKNOWN_COMMIT
    proposal = propose(found, pipelines=commit, leave=leave, given=given)
    testers = {service.name: service.teams["testers"] for service in proposal.services}
    owned = owners(proposal.with_duty(Duty.PLATFORM), proposal.with_duty(Duty.AUDITOR), testers)
    texts = {**files.manifest(proposal, region=region, pipelines=commit), **files.import_files(proposal)}
    tree = platform_files(found.login, region, accounts, owned, templates)
    return proposal, founding.surroundings(tree) | {path: text.encode() for path, text in texts.items()}


def _survey(running: WorldFile, organization: str, region: str) -> Found:
    from twinlock.adoption import survey
    from twinlock.aws.session import BotoIam, Credentials
    from twinlock.github.client import ReadOnlyClient
    from twinlock.model.account import Purpose
    from twinlock.model.declaration import Where

    accounts: dict[Purpose, tuple[str, Iam]] = {}
    for purpose in Purpose:
        keys = running.accounts.get(purpose.value)
        if keys is not None:
            credentials = Credentials(keys.access_key, keys.secret_key)
            iam = BotoIam(credentials, region=region, target=Where.WORLD, endpoint=running.aws_url)
            accounts[purpose] = (keys.id, iam)
    with closing(_owner(running, organization)) as client:
        return survey.read(organization, ReadOnlyClient(client), accounts)


def _owner(running: WorldFile, organization: str) -> HttpGitHub:
    """Return GitHub as an owner, to whom it hides nothing; it is only ever read.

    Raises:
        BadInput: The world has no token of an owner of that organization.
    """
    from twinlock.github.client import segment
    from twinlock.github.fields import Fields, Malformed, elements
    from twinlock.github.http import HttpGitHub
    from twinlock.model.declaration import Where

    for holder in sorted(running.tokens):
        client = HttpGitHub(running.github_url, running.token(holder), holder=holder, target=Where.WORLD)
        answer = client.get_all(f"/orgs/{segment(organization)}/members", {"role": "admin"})
        try:
            owners = {Fields(each).text("login") for each in elements(answer.body, "owners")} if answer.ok else set()
        except Malformed:
            owners = set()
        if holder in owners:
            return client
        client.close()
    raise BadInput(
        f"{organization} cannot be read.",
        "The world has no such organization, or no token of an owner of it.",
        "Name the organization, or the file of another world with `--world`.",
    )


def _ready_file(root: Path, world: Path | None) -> Path:
    from twinlock.provider import world_file

    ready = root.joinpath(*world_file.PATH) if world is None else world.absolute()
    if world is None and not ready.exists():
        raise BadInput(
            "There is nothing to adopt from.",
            "No world is named, and GitHub and AWS themselves (target cloud) are not available in this version.",
            f"Name the ready file of a running world: `twinlock {_USAGE}`.",
        )
    return ready


def _own() -> str:
    from twinlock.provider import world_file

    return "/".join(world_file.PATH)

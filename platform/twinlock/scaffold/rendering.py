"""Estate and templates in, trees out: nothing is read or written here.

Templates receive every name from the Estate and from `names`; they define none. GitHub's expressions are written
`${{ ... }}`, so ours are `[= ... =]`, `[% ... %]` and `[# ... #]`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlock import names
from twinlock.desired.platform_repository import platform_code_owners
from twinlock.errors import BadInput
from twinlock.github import code_owners
from twinlock.model.integration import under_test
from twinlock.model.repository import Kind
from twinlock.scaffold.commit import commit_id
from twinlock.scaffold.tree import MANAGED, SEEDED, File, Tree, recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2.sandbox import SandboxedEnvironment

    from twinlock.model.account import Purpose
    from twinlock.model.code_owners import CodeOwners
    from twinlock.model.declaration import Service
    from twinlock.model.estate import Estate
    from twinlock.model.repository import Repository
    from twinlock.scaffold.source import TemplateSource


def render(estate: Estate, source: TemplateSource) -> Mapping[str, Tree]:
    """Return the tree of every repository of the estate, by name.

    Raises:
        BadInput: A template is broken, or names something that nobody gives it.
    """
    renderer = _Renderer(source)
    return {
        name: renderer.tree(repository.kind, _context(estate, repository))
        for name, repository in sorted(estate.repositories.items())
    }


def platform_tree(estate: Estate, source: TemplateSource) -> Tree:
    """Return what twinlock gives to the platform directory, beside the manifest itself.

    Raises:
        BadInput: A template is broken, or names something that nobody gives it.
    """
    platform = estate.declaration.platform
    owners = platform_code_owners(estate.declaration)
    return platform_files(platform.organization, platform.region, platform.accounts, owners, source)


def platform_files(
    organization: str, region: str, accounts: Mapping[Purpose, str], owners: CodeOwners, source: TemplateSource
) -> Tree:
    """Return the same for a platform that has no Estate yet.

    Raises:
        BadInput: As `platform_tree`.
    """
    context = _pipelines_context(organization, region, accounts)
    return _Renderer(source).tree(Kind.PLATFORM, context | {"code_owners": code_owners.encode(owners, organization)})


def pipelines_tree(organization: str, region: str, accounts: Mapping[Purpose, str], source: TemplateSource) -> Tree:
    """Return the tree of the pipelines repository, which depends on nothing but these and its templates.

    Raises:
        BadInput: A template is broken, or names something that nobody gives it.
    """
    return _Renderer(source).tree(Kind.PIPELINES, _pipelines_context(organization, region, accounts))


def pipelines_commit(organization: str, region: str, accounts: Mapping[Purpose, str], source: TemplateSource) -> str:
    """Return the id of the pipelines repository's first commit: `pipelines.commit` in the manifest.

    Raises:
        BadInput: A template is broken, or names something that nobody gives it.
    """
    return commit_id(pipelines_tree(organization, region, accounts, source))


def _pipelines_context(organization: str, region: str, accounts: Mapping[Purpose, str]) -> dict[str, object]:
    """Return all that the pipelines may know: services and `pipelines.commit` would make the commit a cycle."""
    return {
        "names": names,
        "organization": organization,
        "region": region,
        "accounts": {purpose.value: account for purpose, account in accounts.items()},
    }


def _context(estate: Estate, repository: Repository) -> dict[str, object]:
    platform = estate.declaration.platform
    common = _pipelines_context(platform.organization, platform.region, platform.accounts)
    if repository.kind is Kind.PIPELINES:
        return common
    common |= {
        "code_owners": code_owners.encode(repository.code_owners, platform.organization),
        "pipelines_commit": platform.pipelines.commit,
    }
    return common if repository.service is None else common | _service_context(estate.services[repository.service])


def _service_context(service: Service) -> dict[str, object]:
    from twinlock.manifest import integration_file  # noqa: PLC0415 - pydantic is heavy

    # The starter begins with one queue; the team adds what else the service talks to.
    queue = next((point for point in service.integration_points if point.kind == "aws-sqs"), None)
    return {
        "service": service,
        "integration_file": integration_file.encode(under_test(service)),
        "queue": queue,
        "queue_variable": None if queue is None else names.queue_variable(queue.name),
    }


_DELIMITERS = ("[=", "[%", "[#")


@dataclass(frozen=True, slots=True)
class _Compiled:
    name: str
    managed: bool
    path: Callable[[Mapping[str, object]], str]
    text: Callable[[Mapping[str, object]], str]


class _Renderer:
    """The templates of one source, each compiled once."""

    def __init__(self, source: TemplateSource) -> None:
        self._source = source
        self._environment = _environment()
        self._kinds: dict[Kind, tuple[str, tuple[_Compiled, ...]]] = {}

    def tree(self, kind: Kind, context: Mapping[str, object]) -> Tree:
        from jinja2 import TemplateError  # noqa: PLC0415 - jinja2 costs a start-up that most commands do not need

        digest, templates = self._compiled(kind)
        files: dict[str, File] = {}
        for template in templates:
            try:
                path, content = template.path(context), template.text(context).encode()
            except TemplateError as error:
                raise _broken(template.name, error) from error
            if path in files:
                raise BadInput(
                    f"The template path {path!r} is refused.",
                    "Two templates give the same file.",
                    "Remove one of them.",
                )
            files[path] = File(content, template.managed, content.startswith(b"#!"))
        return recorded(files, digest)

    def _compiled(self, kind: Kind) -> tuple[str, tuple[_Compiled, ...]]:
        if kind not in self._kinds:
            found = sorted(self._source(kind.value))
            digest = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
            self._kinds[kind] = digest, tuple(self._compile(kind, *template) for template in found)
        return self._kinds[kind]

    def _compile(self, kind: Kind, folder: str, path: str, text: str) -> _Compiled:
        from jinja2 import TemplateError  # noqa: PLC0415 - as above

        if folder not in {MANAGED, SEEDED}:
            raise BadInput(
                f"The template {kind.value}/{folder}/{path} is refused.",
                f"A template's folder is its class: {MANAGED} or {SEEDED}.",
                "Move it into one of the two.",
            )
        name = f"{kind.value}/{folder}/{path}"
        try:
            return _Compiled(name, folder == MANAGED, self._rendering(path), self._rendering(text))
        except TemplateError as error:
            raise _broken(name, error) from error

    def _rendering(self, text: str) -> Callable[[Mapping[str, object]], str]:
        # Half of the templates have nothing to fill in, and compiling one costs more than writing its file.
        if not any(delimiter in text for delimiter in _DELIMITERS):
            return lambda _: text
        return self._environment.from_string(text).render


def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined  # noqa: PLC0415 - as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    return ImmutableSandboxedEnvironment(
        variable_start_string=_DELIMITERS[0],
        variable_end_string="=]",
        block_start_string=_DELIMITERS[1],
        block_end_string="%]",
        comment_start_string=_DELIMITERS[2],
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        # What is rendered is workflows, Python and Markdown; HTML's escapes would spoil them.
        autoescape=False,
    )


def _broken(name: str, error: Exception) -> BadInput:
    return BadInput(
        f"The template {name} cannot be rendered.",
        f"The template engine says: {error}.",
        "Mend the template; a value it needs comes from the Estate.",
    )

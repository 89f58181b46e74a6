"""Subjects of OIDC tokens, as GitHub's documentation forms them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinlock_world.jsonvalue import Fields
from twinlock_world.oidc.subject import DEFAULT_KEYS, Names, SubjectError, SubjectForm, prefix, subject, subject_form

NAMES = Names("octo-org", 123456, "octo-repo", 456789)
PLAIN = SubjectForm(DEFAULT_KEYS, immutable=False)
PUSH = {"event_name": "push", "ref": "refs/heads/demo-branch"}
REUSABLE = "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (PUSH, "repo:octo-org/octo-repo:ref:refs/heads/demo-branch"),
        ({**PUSH, "ref": "refs/tags/demo-tag"}, "repo:octo-org/octo-repo:ref:refs/tags/demo-tag"),
        ({"event_name": "pull_request", "ref": "refs/pull/1/merge"}, "repo:octo-org/octo-repo:pull_request"),
        ({**PUSH, "environment": "Production"}, "repo:octo-org/octo-repo:environment:Production"),
        (
            {"event_name": "pull_request", "ref": "refs/pull/1/merge", "environment": "Production:V1"},
            "repo:octo-org/octo-repo:environment:Production%3AV1",
        ),
    ],
)
def test_the_default_subject_names_environment_before_event_before_ref(claims: dict[str, str], expected: str) -> None:
    """The documentation's examples, and what has precedence where a job has several."""
    assert subject(PLAIN, NAMES, claims) == expected


def test_an_immutable_subject_holds_both_numbers() -> None:
    """Names that somebody else takes over later make no equal subject."""
    form = SubjectForm(DEFAULT_KEYS, immutable=True)
    assert subject(form, NAMES, PUSH) == "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/demo-branch"
    assert prefix(NAMES, immutable=True) == "repo:octo-org@123456/octo-repo@456789"
    assert prefix(NAMES, immutable=False) == "repo:octo-org/octo-repo"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            ("repository_owner", "repository_visibility"),
            "repository_owner:octo-org:repository_visibility:private",
        ),
        (("job_workflow_ref",), f"job_workflow_ref:{REUSABLE}"),
        (
            ("repo", "context", "job_workflow_ref"),
            f"repo:octo-org@123456/octo-repo@456789:environment:prod:job_workflow_ref:{REUSABLE}",
        ),
        (("repo",), "repo:octo-org@123456/octo-repo@456789"),
        (("environment", "repo_property_tier"), "environment:prod:repo_property_tier:a%3Ab"),
    ],
)
def test_a_template_gives_its_claims_in_its_order(keys: tuple[str, ...], expected: str) -> None:
    """The documentation's templates; the numbers stay in `repo` whatever the template is."""
    claims = {
        **PUSH,
        "environment": "prod",
        "repository_owner": "octo-org",
        "repository_visibility": "private",
        "job_workflow_ref": REUSABLE,
        "repo_property_tier": "a:b",
    }
    assert subject(SubjectForm(keys, immutable=True), NAMES, claims) == expected


def test_a_template_with_an_environment_needs_a_job_with_one() -> None:
    """There is no token without it, rather than one with an empty claim."""
    with pytest.raises(SubjectError) as caught:
        subject(SubjectForm(("repo", "environment"), immutable=True), NAMES, PUSH)
    assert str(caught.value) == "the subject's template asks for environment, which this job does not have"


@pytest.mark.parametrize(
    ("repository", "keys"),
    [
        ({"use_default": True}, DEFAULT_KEYS),
        ({"use_default": True, "include_claim_keys": ["actor"]}, DEFAULT_KEYS),
        ({"use_default": False}, ("job_workflow_ref", "ref")),
        ({"use_default": False, "include_claim_keys": ["repo", "actor"]}, ("repo", "actor")),
    ],
)
def test_the_organizations_template_binds_who_left_the_default(
    repository: dict[str, bool | list[str]], keys: tuple[str, ...]
) -> None:
    """A repository on the default keeps GitHub's form; its own template comes before its organization's."""
    organization = Fields({"include_claim_keys": ["job_workflow_ref", "ref"]})
    form = subject_form(Fields({**repository, "use_immutable_subject": True}), organization)
    assert form == SubjectForm(keys, immutable=True)


names = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)
repositories = st.builds(Names, names, st.integers(1, 10**9), names, st.integers(1, 10**9))


@given(repositories, st.sampled_from(["environment", "ref"]), st.text("a:%3A/@", max_size=12))
def test_no_value_can_add_a_part(repository: Names, kind: str, value: str) -> None:
    """Whatever environments and branches are called, a subject has four parts, and the first two are its repository."""
    form = SubjectForm(DEFAULT_KEYS, immutable=True)
    made = subject(form, repository, {"event_name": "push", "ref": "", kind: value})
    own = f"{repository.owner}@{repository.owner_id}/{repository.repository}@{repository.repository_id}"
    assert made.split(":")[:3] == ["repo", own, kind]
    assert len(made.split(":")) == 4

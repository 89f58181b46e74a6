"""The rules that span keys and files, each refusal with its whole message."""

# ruff: noqa: E501 - a message is compared whole

from __future__ import annotations

import pytest

from twinlock import manifest

PLATFORM = """\
organization: acme
target: world
plan: enterprise
profile: standard
owners: [olga, otto]
accounts: {build: "444444444444", integration: "111111111111", production: "222222222222", evidence: "333333333333"}
region: eu-west-1
pipelines: {commit: 3f6c000000000000000000000000000000000000}
machines: {renovate: {app: renovate, operators: [paula]}}
state: {backend: "file://./state", secrets: passphrase}
teams:
  platform: {duty: platform}
  audit: {duty: auditor}
  developers: {duty: author}
  reviewers: {duty: reviewer}
  testers: {duty: tester}
  releasers: {duty: releaser}
"""
ROSTER = """\
people:
  olga: {identity: olga@acme.example, github: [olga]}
  otto: {identity: otto@acme.example, github: [otto]}
  paula: {identity: paula@acme.example, github: [paula], teams: [platform]}
  priya: {identity: priya@acme.example, github: [priya], teams: [platform]}
  uma: {identity: uma@acme.example, github: [uma], teams: [audit]}
  ulf: {identity: ulf@acme.example, github: [ulf], teams: [audit]}
  alice: {identity: alice@acme.example, github: [alice, alice-ops], teams: [developers]}
  rita: {identity: rita@acme.example, github: [rita], teams: [reviewers]}
  ruben: {identity: ruben@acme.example, github: [ruben], aws: [ruben], teams: [reviewers]}
  tess: {identity: tess@acme.example, github: [tess-qa], teams: [testers]}
  tariq: {identity: tariq@acme.example, github: [tariq], teams: [testers]}
  lena: {identity: lena@acme.example, github: [lena], teams: [releasers]}
  luis: {identity: luis@acme.example, github: [luis], teams: [releasers]}
"""
SERVICE = """\
service: payments
description: Takes card payments.
teams: {authors: developers, reviewers: reviewers, testers: testers, releasers: releasers}
integration_points: [{name: orders-queue, kind: aws-sqs, critical: true}]
"""
VALID = {"platform.yaml": PLATFORM, "roster.yaml": ROSTER, "services/payments.yaml": SERVICE}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"
MACHINE = "  renovate: {identity: renovate@acme.example, github: [renovate-bot], teams: [TEAM]}\n"


def refused(files: dict[str, str]) -> list[str]:
    """Return the text of every mistake, none for a valid manifest."""
    try:
        manifest.parse({name: text.encode() for name, text in files.items()})
    except manifest.InvalidManifest as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def changed(*changes: tuple[str, str, str]) -> dict[str, str]:
    """Return the valid files with `(file, old, new)` replaced, each once."""
    files = dict(VALID)
    for name, old, new in changes:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)
    return files


def test_the_valid_manifest_is_accepted() -> None:
    """The base of all cases below has no mistake."""
    assert refused(VALID) == []


PLATFORM_FILE, ROSTER_FILE, SERVICE_FILE = VALID

CASES = {
    "author and tester of one service": (
        [(ROSTER_FILE, "teams: [developers]", "teams: [developers, testers]")],
        [
            (
                "roster.yaml:8:89: `alice` is author in `developers` and tester in `testers`, both for payments."
                " Take the person out of one of the two."
            )
        ],
    ),
    "author and releaser of one service": (
        [(ROSTER_FILE, "teams: [developers]", "teams: [developers, releasers]")],
        [
            (
                "roster.yaml:8:89: `alice` is author in `developers` and releaser in `releasers`, both for payments."
                " Take the person out of one of the two."
            )
        ],
    ),
    "reviewer and tester of one service": (
        [(ROSTER_FILE, "github: [rita], teams: [reviewers]", "github: [rita], teams: [testers, reviewers]")],
        [
            (
                "roster.yaml:9:72: `rita` is tester in `testers` and reviewer in `reviewers`, both for payments."
                " Take the person out of one of the two."
            )
        ],
    ),
    "reviewer and releaser of one service": (
        [(ROSTER_FILE, "github: [rita], teams: [reviewers]", "github: [rita], teams: [reviewers, releasers]")],
        [
            (
                "roster.yaml:9:74: `rita` is reviewer in `reviewers` and releaser in `releasers`, both for payments."
                " Take the person out of one of the two."
            )
        ],
    ),
    "tester and releaser": (
        [(ROSTER_FILE, "[tess-qa], teams: [testers]", "[tess-qa], teams: [testers, releasers]")],
        [
            (
                "roster.yaml:11:75: `tess` is tester in `testers` and releaser in `releasers`."
                " Take the person out of one of the two."
            )
        ],
    ),
    "platform with anything": (
        [(ROSTER_FILE, "[priya], teams: [platform]", "[priya], teams: [platform, developers]")],
        [
            (
                "roster.yaml:5:76: `priya` is platform in `platform` and author in `developers`."
                " Take the person out of one of the two."
            )
        ],
    ),
    "auditor with anything": (
        [(ROSTER_FILE, "[uma], teams: [audit]", "[uma], teams: [audit, platform]")],
        [
            (
                "roster.yaml:6:67: `uma` is auditor in `audit` and platform in `platform`."
                " Take the person out of one of the two."
            )
        ],
    ),
    "owner with anything": (
        [(ROSTER_FILE, "github: [olga]", "github: [olga], teams: [reviewers]")],
        [("roster.yaml:2:63: `olga` is an owner and reviewer in `reviewers`. Take the person out of one of the two.")],
    ),
    "author and reviewer where the profile is strict": (
        [
            (PLATFORM_FILE, "profile: standard", "profile: strict"),
            (ROSTER_FILE, "teams: [developers]", "teams: [developers, reviewers]"),
        ],
        [
            (
                "roster.yaml:8:89: `alice` is author in `developers` and reviewer in `reviewers`, and the profile is strict."
                " Take the person out of one of the two."
            )
        ],
    ),
    "through a machine that the person operates, known by its key": (
        [(ROSTER_FILE, "  rita:", MACHINE.replace("TEAM", "developers") + "  rita:")],
        [
            (
                "platform.yaml:9:50: `paula` is platform in `platform` and author in `developers` through the machine renovate."
                " Take the person out of one of the two."
            )
        ],
    ),
    "through a machine that the person operates, known by its app": (
        [
            (PLATFORM_FILE, "operators: [paula]", "operators: [tess]"),
            (
                ROSTER_FILE,
                "  rita:",
                MACHINE.replace("TEAM", "reviewers").replace("renovate:", "bot:").replace("-bot", "") + "  rita:",
            ),
        ],
        [
            (
                "platform.yaml:9:50: `tess` is tester in `testers` and reviewer in `reviewers` through the machine renovate, both for"
                " payments. Take the person out of one of the two."
            )
        ],
    ),
    "a duty below its quorum, over all its teams": (
        [(ROSTER_FILE, "[ulf], teams: [audit]", "[ulf]")],
        [
            (
                "platform.yaml:13:3: The duty auditor is held by 1 person (uma), but its quorum is 2."
                " Add people to it with `teams: [audit]` in roster.yaml."
            )
        ],
    ),
    "a team below its quorum": (
        [(PLATFORM_FILE, "teams:\n", "quorum: {tester: 3}\nteams:\n")],
        [
            (
                "platform.yaml:17:3: The team `testers` has 2 people (tariq and tess), but the quorum of testers is 3."
                " Add people in it with `teams: [testers]` in roster.yaml."
            )
        ],
    ),
    "a machine makes no quorum": (
        [
            (PLATFORM_FILE, "operators: [paula]", "operators: [luis]"),
            (ROSTER_FILE, "[lena], teams: [releasers]", "[lena]"),
            (ROSTER_FILE, "  rita:", MACHINE.replace("TEAM", "releasers") + "  rita:"),
        ],
        [
            (
                "platform.yaml:17:3: The team `releasers` has 1 person (luis), but the quorum of releasers is 2."
                " Add people in it with `teams: [releasers]` in roster.yaml."
            )
        ],
    ),
    "no team of a duty": (
        [(PLATFORM_FILE, "  audit: {duty: auditor}", "  audit: {duty: platform}")],
        ["platform.yaml:11:1: No team has the duty auditor. Add one, as in `auditors: {duty: auditor}`."],
    ),
    "too few reviewers": (
        [(ROSTER_FILE, "aws: [ruben], teams: [reviewers]", "aws: [ruben]")],
        [
            (
                "services/payments.yaml:1:1: A change needs 2 approvals, but the reviewers are 1 person (rita)."
                " Add people to the team `reviewers` in roster.yaml."
            )
        ],
    ),
    "a team nobody is in": (
        [(PLATFORM_FILE, "  testers: ", "  helpers: {duty: author}\n  testers: ")],
        [
            "platform.yaml:16:3: Nobody is in the team `helpers`. Add people in it with `teams: [helpers]` in roster.yaml."
        ],
    ),
    "a person's team nobody defined": (
        [(ROSTER_FILE, "[otto]}", "[otto], teams: [nonsense-xyz]}")],
        [("roster.yaml:3:63: The team `nonsense-xyz` is not defined. Define it under `teams` in platform.yaml.")],
    ),
    "a service's team nobody defined": (
        [(SERVICE_FILE, "testers: testers", "testers: tester")],
        ["services/payments.yaml:3:61: The team `tester` is not defined. Did you mean `testers`?"],
    ),
    "a service's team with another duty": (
        [(SERVICE_FILE, "testers: testers", "testers: reviewers")],
        [
            (
                "services/payments.yaml:3:61: `teams.testers` is `reviewers`, whose duty is reviewer."
                " Name a team with the duty tester."
            )
        ],
    ),
    "one owner": (
        [(PLATFORM_FILE, "[olga, otto]", "[olga]")],
        [
            (
                "platform.yaml:5:9: `owners` names 1 person, but an organization needs two."
                " Name at least two people, as in `owners: [olga, otto]`."
            )
        ],
    ),
    "no owner": (
        [(PLATFORM_FILE, "[olga, otto]", "[]")],
        [
            (
                "platform.yaml:5:9: `owners` names no people, but an organization needs two."
                " Name at least two people, as in `owners: [olga, otto]`."
            )
        ],
    ),
    "an owner who is nobody": (
        [(PLATFORM_FILE, "otto]", "oto]")],
        ["platform.yaml:5:16: The owner `oto` is nobody in roster.yaml. Did you mean `otto`?"],
    ),
    "an operator who is nobody": (
        [(PLATFORM_FILE, "operators: [paula]", "operators: [zzz]")],
        ["platform.yaml:9:50: The operator `zzz` is nobody in roster.yaml. Add `zzz` to roster.yaml."],
    ),
    "an owner who is a machine": (
        [
            (PLATFORM_FILE, "[olga, otto]", "[olga, otto, renovate]"),
            (ROSTER_FILE, "  rita:", "  renovate: {identity: r@acme.example, github: [r]}\n  rita:"),
        ],
        [
            (
                "platform.yaml:5:22: The owner `renovate` is the account of the machine `renovate`, not a person."
                " Name a person."
            )
        ],
    ),
    "a machine that is twinlock": (
        [(PLATFORM_FILE, "app: renovate", "app: twinlock-gate")],
        [
            (
                "platform.yaml:9:28: `machines.renovate.app` is `twinlock-gate`, which is an identity of twinlock itself."
                " Name the bot's own app."
            )
        ],
    ),
    "a login of two persons, in another case": (
        [(ROSTER_FILE, "[tess-qa]", "[Alice-Ops]")],
        [
            (
                "roster.yaml:11:48: The GitHub login `Alice-Ops` of `tess` is also claimed by `alice`."
                " Keep it with one person; if both are one person, make one entry of them."
            )
        ],
    ),
    "a login twice with one person": (
        [(ROSTER_FILE, "[alice, alice-ops]", "[alice, ALICE]")],
        [
            (
                "roster.yaml:8:57: The GitHub login `ALICE` stands twice with `alice`; GitHub ignores case."
                " Name each login once."
            )
        ],
    ),
    "an AWS principal of two persons": (
        [(ROSTER_FILE, "[tariq]", "[tariq], aws: [Ruben]")],
        [
            (
                "roster.yaml:12:64: The AWS principal `Ruben` of `tariq` is also claimed by `ruben`."
                " Keep it with one person; if both are one person, make one entry of them."
            )
        ],
    ),
    "an identity of two persons": (
        [(ROSTER_FILE, "identity: tess@acme.example", "identity: ALICE@acme.example")],
        [
            (
                "roster.yaml:11:20: The identity `ALICE@acme.example` of `tess` is also claimed by `alice`."
                " Keep it with one person; if both are one person, make one entry of them."
            )
        ],
    ),
    "a key of two persons, with other comments": (
        [
            (ROSTER_FILE, "[rita]", f"[rita], keys: [{KEY} one]"),
            (ROSTER_FILE, "[tariq]", f"[tariq], keys: [{KEY} two]"),
        ],
        [
            (
                f"roster.yaml:12:65: The key `{KEY} two` of `tariq` is also claimed by `rita`."
                " Keep it with one person; if both are one person, make one entry of them."
            )
        ],
    ),
    "two purposes in one account": (
        [(PLATFORM_FILE, "222222222222", "111111111111")],
        [
            (
                "platform.yaml:6:76: `accounts.production` is `111111111111`, which is also the account for integration."
                " Give each purpose an account of its own."
            )
        ],
    ),
    "local state on the cloud": (
        [(PLATFORM_FILE, "target: world", "target: cloud")],
        [
            (
                "platform.yaml:10:18: `state.backend` is `file://./state`, but the target is cloud."
                " Keep state in a bucket, as in `s3://acme-twinlock-state`."
            ),
            (
                "platform.yaml:10:45: `state.secrets` is `passphrase`, but the target is cloud."
                " Name a key of AWS KMS, as in `awskms://alias/twinlock`."
            ),
        ],
    ),
    "no state on the cloud": (
        [
            (PLATFORM_FILE, "target: world", "target: cloud"),
            (PLATFORM_FILE, 'state: {backend: "file://./state", secrets: passphrase}\n', ""),
        ],
        [
            (
                "platform.yaml:1:1: `state.backend` is `file://./state`, but the target is cloud."
                " Keep state in a bucket, as in `s3://acme-twinlock-state`."
            ),
            (
                "platform.yaml:1:1: `state.secrets` is `passphrase`, but the target is cloud."
                " Name a key of AWS KMS, as in `awskms://alias/twinlock`."
            ),
        ],
    ),
    "a file named otherwise than its service": (
        [(SERVICE_FILE, "service: payments", "service: orders")],
        [
            (
                "services/payments.yaml:1:10: The file is for `payments`, but `service` is `orders`."
                " Rename the file to services/orders.yaml, or write `service: payments`."
            )
        ],
    ),
    "two integration points of one name": (
        [(SERVICE_FILE, "critical: true}]", "critical: true}, {name: orders-queue, kind: aws-sqs}]")],
        [
            (
                "services/payments.yaml:4:82: Two integration points are called `orders-queue`."
                " Give each a name of its own."
            )
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_each_rule_refuses(changes: list[tuple[str, str, str]], expected: list[str]) -> None:
    """One change that breaks one rule gives exactly the mistakes of that rule, at the offending value."""
    assert refused(changed(*changes)) == expected


@pytest.mark.parametrize("changes", [changes for changes, _ in CASES.values()], ids=CASES.keys())
def test_each_mistake_points_at_its_value(changes: list[tuple[str, str, str]]) -> None:
    """What a mistake calls its value is what stands at its line and column."""
    files = changed(*changes)
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.parse({name: text.encode() for name, text in files.items()})
    for mistake in caught.value.mistakes:
        written = files[mistake.file].splitlines()[mistake.line - 1][mistake.column - 1 :]
        assert written.lstrip('"').startswith(mistake.value.split("(not")[0].removesuffix("..."))


def test_the_author_is_no_possible_reviewer() -> None:
    """An author who is also a reviewer does not count towards the approvals of the own change."""
    files = changed(
        (ROSTER_FILE, "teams: [developers]", "teams: [developers, reviewers]"),
        (ROSTER_FILE, "aws: [ruben], teams: [reviewers]", "aws: [ruben]"),
        (SERVICE_FILE, "integration_points", "review: {approvals: 2}\nintegration_points"),
    )
    assert refused(files) == [
        (
            "services/payments.yaml:4:21: A change needs 2 approvals, but the reviewers are 1 person (rita) besides `alice`."
            " Add people to the team `reviewers` in roster.yaml."
        )
    ]


def test_a_machines_change_is_its_operators_own() -> None:
    """A reviewer who operates the machine that authors is no possible reviewer of its change."""
    files = changed(
        (PLATFORM_FILE, "operators: [paula]", "operators: [rita]"),
        (ROSTER_FILE, "  rita:", MACHINE.replace("TEAM", "developers") + "  rita:"),
    )
    assert refused(files) == [
        (
            "services/payments.yaml:1:1: A change needs 2 approvals, but the reviewers are 1 person (ruben) besides"
            " `renovate`. Add people to the team `reviewers` in roster.yaml."
        )
    ]


ALLOWED = {
    "author and reviewer where the profile is standard": [
        (ROSTER_FILE, "teams: [developers]", "teams: [developers, reviewers]")
    ],
    "author of one service, tester of another": [
        (PLATFORM_FILE, "  testers:", "  helpers: {duty: author}\n  testers:"),
        (ROSTER_FILE, "[tess-qa], teams: [testers]", "[tess-qa], teams: [testers, helpers]"),
    ],
    "a fifth account for management": [
        (PLATFORM_FILE, 'evidence: "333333333333"', 'evidence: "333333333333", management: "555555555555"')
    ],
    "a bucket and a key on the cloud": [
        (PLATFORM_FILE, "target: world", "target: cloud"),
        (PLATFORM_FILE, '"file://./state", secrets: passphrase', '"s3://bucket", secrets: "awskms://alias/twinlock"'),
    ],
}


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_keeps_duties_apart_is_allowed(changes: list[tuple[str, str, str]]) -> None:
    """The rules refuse nothing more than they say."""
    assert refused(changed(*changes)) == []


def test_strict_holds_all_duties_apart_across_services() -> None:
    """Where the profile is strict, nobody has two duties, not even in different services."""
    files = changed(
        (PLATFORM_FILE, "profile: standard", "profile: strict"),
        *ALLOWED["author of one service, tester of another"],
    )
    assert refused(files) == [
        (
            "roster.yaml:11:75: `tess` is tester in `testers` and author in `helpers`, and the profile is strict."
            " Take the person out of one of the two."
        )
    ]


def test_two_services_need_different_repositories() -> None:
    """A service called like another's repository for integration tests is refused."""
    other = SERVICE.replace("service: payments", "service: payments-integration-tests").replace("orders-queue", "jobs")
    assert refused({**VALID, "services/payments-integration-tests.yaml": other}) == [
        (
            "services/payments-integration-tests.yaml:1:10: `payments-integration-tests` needs the repository"
            " `payments-integration-tests`, which the service `payments` needs too. Rename one of the two services."
        )
    ]


def test_two_services_need_different_queues() -> None:
    """Two services whose queues would get one name are refused."""
    other = SERVICE.replace("service: payments", "service: payments-orders").replace("orders-queue", "queue")
    assert refused({**VALID, "services/payments-orders.yaml": other}) == [
        (
            "services/payments-orders.yaml:4:29: `payments-orders` needs the queue `payments-orders-queue`, which the"
            " service `payments` needs too. Rename one of the two integration points."
        )
    ]


def test_a_wrong_value_hides_no_conflict() -> None:
    """Mistakes of form and of duties, in all files, are reported in one run, sorted by file and line."""
    files = changed(
        (PLATFORM_FILE, "region: eu-west-1", "region: [eu]"),
        (ROSTER_FILE, "  olga: {identity: olga@acme.example", "  olga: {identity: 5"),
        (ROSTER_FILE, "[tess-qa], teams: [testers]", "[tess-qa], teams: [testers, releasers]"),
        (SERVICE_FILE, "description", "descripton"),
    )
    assert [text.split(" ")[0] for text in refused(files)] == [
        "platform.yaml:7:9:",
        "roster.yaml:2:20:",
        "roster.yaml:11:75:",
        "services/payments.yaml:1:1:",
        "services/payments.yaml:2:1:",
    ]


def test_an_unreadable_roster_is_not_an_empty_one() -> None:
    """Where the roster cannot be read, nothing is said about who is missing from it."""
    assert refused({**VALID, "roster.yaml": "people: ["}) == [
        (
            "roster.yaml:1:10: The file is not YAML here: expected the node content, but found '<stream end>'."
            " Correct the YAML there."
        )
    ]


def test_unreadable_teams_are_not_an_empty_list() -> None:
    """Where one person's teams cannot be read, nothing is said about who is missing from a team."""
    files = changed((ROSTER_FILE, "[ulf], teams: [audit]", "[ulf], teams: audit"))
    assert refused(files) == [
        "roster.yaml:7:59: `people.ulf.teams` is `audit`, but it must be a list. Write a list, as in `[one, two]`."
    ]

"""The shape of the three files: each wrong value with its whole message, and what is declared where all is right."""

# ruff: noqa: E501 - a message is compared whole

from __future__ import annotations

import re

import pytest

from twinlock import manifest
from twinlock.manifest import examples
from twinlock.model.account import Purpose
from twinlock.model.declaration import App, IntegrationPoint, Machine, Plan, Profile, Where
from twinlock.model.organization import Duty
from twinlock.model.repository import Visibility

COMMIT = "3f6c" + "0" * 36
TEAMS = {"authors": "developers", "reviewers": "reviewers", "testers": "testers", "releasers": "releasers"}
PEOPLE = (*examples.founders(), *examples.crew("payments", TEAMS, ()))
PLATFORM = (
    examples.platform_yaml("acme", COMMIT)
    + "  developers: {duty: author}\n  reviewers: {duty: reviewer}\n  testers: {duty: tester}\n  releasers: {duty: releaser}\n"
)
VALID = {
    "platform.yaml": PLATFORM,
    "roster.yaml": examples.roster_yaml("acme", PEOPLE),
    "services/payments.yaml": examples.service_yaml("payments", TEAMS),
}


def refused(file: str, old: str, new: str) -> list[str]:
    """Return the mistakes after one replacement in one file, each from its message on."""
    files = {**VALID, file: VALID[file].replace(old, new, 1)}
    assert files != VALID
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.parse({name: text.encode() for name, text in files.items()})
    for mistake in caught.value.mistakes:
        line = files[mistake.file].splitlines()[mistake.line - 1]
        assert mistake.file == file
        assert line[mistake.column - 1 :].lstrip("\"'").startswith(re.split(r"\(not|\\u", mistake.value)[0])
    return [f"{mistake.message} {mistake.mend}" for mistake in caught.value.mistakes]


P, R, S = VALID
QUEUE = "{name: orders-queue, kind: aws-sqs, critical: true}"
CASES = {
    "unknown key, near a known one": (P, "region:", "regoin:", ["`region` is missing. Add it, as in `region: eu-west-1`.", "`regoin` is an unknown key. Did you mean `region`?"]),
    "unknown key, far from all": (P, "mode: governance", "zzz: 1", ["`evidence.zzz` is an unknown key. Known keys are bucket, days and mode."]),
    "no choice": (P, "plan: enterprise", "plan: gold", ["`plan` is `gold`. Write free, team or enterprise."]),
    "target": (P, "target: world", "target: moon", ["`target` is `moon`. Write world or cloud."]),
    "visibility": (P, "visibility: private", "visibility: secret", ["`visibility` is `secret`. Write private, internal or public."]),
    "profile": (P, "profile: standard", "profile: lax", ["`profile` is `lax`. Write standard or strict."]),
    "undeclared roles": (P, "undeclared_roles: quarantine", "undeclared_roles: delete", ["`undeclared_roles` is `delete`. Write report or quarantine."]),
    "evidence mode": (P, "mode: governance", "mode: none", ["`evidence.mode` is `none`. Write governance or compliance."]),
    "evidence days": (P, "days: 30", "days: 0", ["`evidence.days` is `0`, but it must be at least 1. Write 1 or more."]),
    "duty": (P, "{duty: tester}", "{duty: boss}", ["`teams.testers.duty` is `boss`. Write author, reviewer, tester, releaser, platform or auditor."]),
    "organization": (P, '"acme"', "ac--me", ["`organization` is `ac--me`, but a GitHub organization's name has up to 39 letters, digits and single hyphens, none at an end. Write it as in `acme`."]),
    "a gap that is no control": (P, "accepted_gaps: []", "accepted_gaps: [A_B]", ["`accepted_gaps[0]` is `A_B`, but a control's slug has lower-case words and single hyphens. Write it as in `branch-ruleset`."]),
    "an owner twice": (P, "[olga, otto]", "[olga, otto, olga]", ["`owners` names `olga` twice. Name each once."]),
    "an account as number": (P, '"444444444444"', "444444444444", ['`accounts.build` is the number `444444444444`, but it must be text. Put it in quotes: `"444444444444"`.']),
    "an account too short": (P, '"444444444444"', '"4444"', ['`accounts.build` is `4444`, but an AWS account id is twelve digits in quotes. Write it as in `"444444444444"`.']),
    "an account missing": (P, '  evidence: "333333333333"\n', "", ['`accounts.evidence` is missing. Add it, as in `evidence: "333333333333"`.']),
    "region": (P, "eu-west-1", "Europe", ["`region` is `Europe`, but an AWS region is named by its area, side and number. Write it as in `eu-west-1`."]),
    "quorum of one": (P, "tester: 2", "tester: 1", ["`quorum.tester` is `1`, but it must be at least 2. Write 2 or more."]),
    "quorum without end": (P, "platform: 2", "platform: 101", ["`quorum.platform` is `101`, but it must be at most 100. Write 100 or less.", "The duty platform is held by 2 people (paula and priya), but its quorum is 101. Add people to it with `teams: [platform]` in roster.yaml."]),
    "quorum as text": (P, "tester: 2", "tester: two", ["`quorum.tester` is `two`, but it must be a whole number. Write a number without quotes."]),
    "quorum of an unknown duty": (P, "tester: 2", "testers: 2", ["`quorum.testers` is an unknown key. Did you mean `tester`?"]),
    "a short commit": (P, COMMIT, "3f6c", [f"`pipelines.commit` is `3f6c`, but a commit is its full id of 40 hexadecimal digits. Write it as in `{COMMIT}`."]),
    "an unknown app": (P, "gate: {}", "gates: {}", ["`apps.gates` is an unknown key. Did you mean `gate`?"]),
    "an app's id as text": (P, "gate: {}", "gate: {id: x}", ["`apps.gate.id` is `x`, but it must be a whole number. Write a number without quotes."]),
    "an app's key itself": (P, "gate: {}", "gate: {key: -----BEGIN RSA PRIVATE KEY-----}", ["`apps.gate.key` is `(not shown: it may be a secret)`, but it is a reference to a key, never the key. Write it as in `awskms:///alias/controller`."]),
    "a machine without people": (P, "machines: {}", "machines: {bot: {app: bot, operators: []}}", ["`machines.bot.operators` is empty. Write at least one, as in `[paula]`."]),
    "a machine's app": (P, "machines: {}", 'machines: {bot: {app: "bot[bot]", operators: [paula]}}', ["`machines.bot.app` is `bot[bot]`, but a GitHub App's slug has up to 34 lower-case letters, digits and single hyphens, none at an end. Write it as in `renovate`."]),
    "state elsewhere": (P, "file://./state", "ftp://x", ["`state.backend` is `ftp://x`, but state is kept at file://..., s3://..., gs://..., azblob://... or https://.... Write it as in `file://./state`."]),
    "state beyond the world": (P, "file://./state", "azblob://x", ["`state.backend` is `azblob://x`, which is beyond this machine, but the target is world. Keep state in a directory, as in `file://./state`, or in the world's AWS, as in `s3://acme-twinlock-state`."]),
    "an address in another AWS": (P, "file://./state", "s3://x?endpoint=http://y", ["`state.backend` names an endpoint, but the target is world, whose AWS has its own. Leave `endpoint=` out."]),
    "a key in another AWS": (P, "secrets: passphrase", "secrets: 'awskms://alias/x?profile=y'", ["`state.secrets` names a profile, but the target is world, whose AWS has its own. Leave `profile=` out."]),
    "a passphrase itself": (P, "secrets: passphrase", "secrets: hunter2", ["`state.secrets` is `(not shown: it may be a secret)`, but secrets are held by passphrase or awskms://.... Write it as in `passphrase`."]),
    "a team's slug": (P, "  developers: {", "  Dev Team: {duty: author}\n  developers: {", ["Nobody is in the team `Dev Team`. Add people in it with `teams: [Dev Team]` in roster.yaml.", "`Dev Team` is a key of `teams`, but a team's slug has lower-case letters, digits, underscores and single hyphens, none at an end. Write it as in `payments-testers`."]),
    "a team's source": (P, "{duty: tester}", "{duty: tester, source: ldap}", ["`teams.testers.source` is `ldap`. Write manifest or idp."]),
    "a list where a mapping belongs": (P, "state: {", "state: [] #", ["`state` is a list, but it must be a mapping. Write keys and values, as in `key: value`."]),
    "a mapping where a list belongs": (P, "[olga, otto]", "{a: b}", ["`owners` is a mapping, but it must be a list. Write a list, as in `[one, two]`."]),
    "nothing where text belongs": (P, "eu-west-1", "", ["`region` is empty, but it must be text. Write text, in quotes if need be."]),
    "true where text belongs": (P, "eu-west-1", "true", ["`region` is `true`, but it must be text. Write text, in quotes if need be."]),
    "teams as list": (P, "\nteams:\n", "\nteams: [a]\nother:\n", ["`teams` is a list, but it must be a mapping. Write keys and values, as in `key: value`.", "`other` is an unknown key. Known keys are accepted_gaps, accounts, apps, evidence, machines, organization, owners, pipelines, plan, profile, quorum, region, state, target, teams, undeclared_roles and visibility."]),
    "a person's key": (R, "  uma:", "  Uma:", ["`Uma` is a key of `people`, but a name here has up to 64 lower-case letters, digits, dots, hyphens and underscores, and ends in none of these. Write it as in `alice`."]),
    "a person's identity": (R, "uma@acme.example", "uma", ["`people.uma.identity` is `uma`, but an identity is written as the identity provider does, with one @. Write it as in `alice@acme.example`."]),
    "a person without login": (R, "[uma]", "[]", ["`people.uma.github` is empty. Write at least one, as in `[alice]`."]),
    "a login": (R, "[uma]", "[u--a]", ["`people.uma.github[0]` is `u--a`, but a GitHub login has up to 39 letters, digits and single hyphens, none at an end. Write it as in `alice`."]),
    "a login that is a number": (R, "[uma]", "[7]", ['`people.uma.github[0]` is the number `7`, but it must be text. Put it in quotes: `"7"`.']),
    "an AWS principal": (R, "[uma],", "[uma], aws: ['a b'],", ["`people.uma.aws[0]` is `a b`, but an AWS principal is an ARN of IAM or STS, or the name of a user or role. Write it as in `arn:aws:iam::222222222222:user/alice`."]),
    "a public key": (R, "[uma],", "[uma], keys: [abc],", ["`people.uma.keys[0]` is `abc`, but a key is one public key of OpenSSH (Ed25519 or ECDSA). Write it as in `ssh-ed25519 AAAA... alice`."]),
    "a team twice": (R, "teams: [audit]", "teams: [audit, audit]", ["`people.uma.teams` names `audit` twice. Name each once."]),
    "a key of a person": (R, "{identity: uma@", "{role: x, identity: uma@", ["`people.uma.role` is an unknown key. Known keys are aws, github, identity, keys and teams."]),
    "starter": (S, "starter: python-http", "starter: cobol", ["`starter` is `cobol`. Write python-http."]),
    "deploy": (S, "kind: ecs", "kind: lambda", ["`deploy.kind` is `lambda`. Write ecs."]),
    "one approval": (S, "approvals: 2", "approvals: 1", ["`review.approvals` is `1`, but 1 is accepted only once the gate checks every pusher. Write 2 or more."]),
    "no approval": (S, "approvals: 2", "approvals: 0", ["`review.approvals` is `0`, but GitHub counts up to 10 approvals, and fewer than 2 protect nothing. Write a number from 2 to 10."]),
    "a description of two lines": (S, "description: The", 'description: "a\\nb" #', ["`description` is `a\\u000ab`, but it is one line of up to 350 characters. Write it as in `Takes card payments.`."]),
    "no description": (S, "description:", "#", ["`description` is missing. Add it, as in `description: Takes card payments.`."]),
    "a service without testers": (S, "  testers: testers\n", "", ["`teams.testers` is missing. Add it, as in `testers: payments-testers`."]),
    "ttl without unit": (S, "ttl: 2h", "ttl: 2", ['`integration.ttl` is the number `2`, but it must be text. Put it in quotes: `"2"`.']),
    "ttl that is none": (S, "ttl: 2h", "ttl: 2 hours", ["`integration.ttl` is `2 hours`, but a duration is a number with m, h or d. Write it as in `2h`."]),
    "ttl too short": (S, "ttl: 2h", "ttl: 14m", ["`integration.ttl` is `14m`, but it must be from 15m to 24h. Write it as in `2h`."]),
    "ttl too long": (S, "ttl: 2h", "ttl: 2d", ["`integration.ttl` is `2d`, but it must be from 15m to 24h. Write it as in `2h`."]),
    "a point of unknown kind": (S, "kind: aws-sqs", "kind: kafka", ["`integration_points[0].kind` is `kafka`. Write aws-sqs or https."]),
    "a point's name": (S, "orders-queue", "Orders", ["`integration_points[0].name` is `Orders`, but an integration point's name has 2 to 32 lower-case letters, digits and single hyphens, and begins with a letter. Write it as in `orders-queue`."]),
    "https without endpoint": (S, "kind: aws-sqs", "kind: https", ["`integration_points[0]` has kind https and no endpoint. Add `endpoint: https://cards.example`."]),
    "a queue with endpoint": (S, "kind: aws-sqs", "kind: aws-sqs, endpoint: 'https://a.example'", ["`integration_points[0]` has kind aws-sqs and an endpoint. Delete the endpoint, or write `kind: https`."]),
    "an endpoint without TLS": (S, "kind: aws-sqs", "kind: https, endpoint: 'http://a.example'", ["`integration_points[0].endpoint` is `http://a.example`, but an endpoint is an https:// address without user, query or fragment. Write it as in `https://cards.example`."]),
    "critical as text": (S, "critical: true", "critical: very", ["`integration_points[0].critical` is `very`, but it must be true or false. Write true or false."]),
    "a point that is no mapping": (S, QUEUE, "orders-queue", ["`integration_points[0]` is `orders-queue`, but it must be a mapping. Write keys and values, as in `key: value`."]),
    "a service's name": (S, 'service: "payments"', 'service: "con"', ["The file is for `payments`, but `service` is `con`. Rename the file to services/con.yaml, or write `service: payments`.", "`service` is `con`, but Windows keeps that name for a device. Choose another one, such as `payments`."]),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_each_wrong_value_is_refused(file: str, old: str, new: str, expected: list[str]) -> None:
    """One wrong value gives exactly its mistakes, each at its line and column."""
    assert refused(file, old, new) == expected


def test_the_files_are_declared_as_written() -> None:
    """Everything the files say arrives in the Declaration, in the model's types."""
    files = dict(VALID)
    files[P] = files[P].replace("machines: {}", "machines: {bot: {app: renovate, operators: [paula]}}")
    files[P] = files[P].replace("gate: {}", "gate: {id: 7, installation: 8, key: 'awskms:///alias/gate'}")
    files[S] = files[S].replace(QUEUE, "{name: cards, kind: https, endpoint: 'https://cards.example'}")
    declared = manifest.parse({name: text.encode() for name, text in files.items()})
    platform, service = declared.platform, declared.services["payments"]
    assert (platform.organization, platform.target, platform.plan) == ("acme", Where.WORLD, Plan.ENTERPRISE)
    assert (platform.visibility, platform.profile, platform.accepted_gaps) == (Visibility.PRIVATE, Profile.STANDARD, ())
    assert platform.owners == ("olga", "otto")
    assert platform.accounts == {
        Purpose.BUILD: "4" * 12,
        Purpose.INTEGRATION: "1" * 12,
        Purpose.PRODUCTION: "2" * 12,
        Purpose.EVIDENCE: "3" * 12,
    }
    assert platform.quorum == dict.fromkeys((Duty.PLATFORM, Duty.AUDITOR, Duty.TESTER, Duty.RELEASER), 2)
    assert (platform.pipelines.commit, platform.pipelines.previous) == (COMMIT, None)
    assert platform.apps["gate"] == App(7, 8, "awskms:///alias/gate")
    assert platform.apps["controller"] == App(None, None, None)
    assert platform.machines == (Machine("bot", "renovate", ("paula",)),)
    assert (platform.state.backend, platform.state.secrets) == ("file://./state", "passphrase")
    assert (platform.evidence.mode, platform.evidence.days, platform.undeclared_roles) == (
        "governance",
        30,
        "quarantine",
    )
    assert {slug: team.duty for slug, team in platform.teams.items()} == {
        "audit": Duty.AUDITOR,
        "developers": Duty.AUTHOR,
        "platform": Duty.PLATFORM,
        "releasers": Duty.RELEASER,
        "reviewers": Duty.REVIEWER,
        "testers": Duty.TESTER,
    }
    assert declared.people["tess"].github == ("tess",)
    assert declared.people["tess"].teams == ("testers",)
    assert (service.authors, service.reviewers) == ("developers", "reviewers")
    assert (service.testers, service.releasers) == ("testers", "releasers")
    assert (service.approvals, service.integration_ttl_seconds) == (2, 7200)
    assert (service.starter, service.deploy, service.visibility) == ("python-http", "ecs", None)
    assert service.integration_points == (IntegrationPoint("cards", "https", "https://cards.example", critical=False),)


def test_optional_keys_may_be_absent() -> None:
    """The shortest files mean the same as the examples, which write the usual values out."""
    kept = ("organization", "target", "plan", "owners", "accounts", "region", "pipelines", "teams", " ")
    short = "".join(line + "\n" for line in PLATFORM.splitlines() if line.startswith(kept))
    full = manifest.parse({name: text.encode() for name, text in VALID.items()})
    assert manifest.parse({**{name: text.encode() for name, text in VALID.items()}, P: short.encode()}) == full


def test_a_missing_file_is_a_mistake() -> None:
    """Without a roster nobody can be checked, and nothing is declared."""
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.parse({P: PLATFORM.encode()})
    assert str(caught.value) == (
        "The manifest has 1 mistake.\n"
        "roster.yaml:1:1: The file is missing. Restore it, or begin with `twinlock init`.\n"
        "Mend what is listed, then run `twinlock check`."
    )


def test_a_service_file_ends_in_yaml() -> None:
    """A service's file with another ending is refused, not passed over."""
    with pytest.raises(manifest.InvalidManifest) as caught:
        manifest.parse({**{name: text.encode() for name, text in VALID.items()}, "services/orders.yml": b""})
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "services/orders.yml:1:1: The file is none of the manifest's. Name a service's file services/NAME.yaml."
    ]

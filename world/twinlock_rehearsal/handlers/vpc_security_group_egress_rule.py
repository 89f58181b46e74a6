"""`aws.vpc.SecurityGroupEgressRule`: one way out of a security group."""

from __future__ import annotations

from typing import ClassVar

from twinlock_rehearsal.handlers._security_group_rule import RuleHandler


class SecurityGroupEgressRule(RuleHandler):
    """Handles them."""

    type: ClassVar[str] = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    way: ClassVar[str] = "egress"


HANDLER = SecurityGroupEgressRule

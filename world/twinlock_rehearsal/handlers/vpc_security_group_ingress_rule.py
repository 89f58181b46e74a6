"""`aws.vpc.SecurityGroupIngressRule`: one way into a security group."""

from __future__ import annotations

from typing import ClassVar

from twinlock_rehearsal.handlers._security_group_rule import RuleHandler


class SecurityGroupIngressRule(RuleHandler):
    """Handles them."""

    type: ClassVar[str] = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    way: ClassVar[str] = "ingress"


HANDLER = SecurityGroupIngressRule

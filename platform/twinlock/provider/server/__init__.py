"""Serve handlers to the real Pulumi engine over its provider protocol: one executable, one package.

The same handlers work in-process under the embedded engine. Source of the protocol: `proto/pulumi/provider.proto` in
pulumi/pulumi; its messages come with the Python SDK.
"""

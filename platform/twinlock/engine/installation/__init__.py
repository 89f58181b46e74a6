"""Pulumi and the GitHub provider on this machine: where they are kept, whether they can be used, how to get them."""

"""Pulumi components: one noun of GitHub's or AWS's each, made of one desired value of the model.

A component has no defaults of its own: what is not in the model and has an unsafe default is set explicitly, once,
with its reason. Children inherit the component's providers, and nothing is created inside `apply`.
"""

"""The gate's stand-in in the local world: the only one, until the real gate judges evidence.

It speaks as the gate app, because rulesets name that app's id, and labels whatever it posts. It judges no evidence:
a pull request's required check follows its workflows' own jobs, and the digest of a build on the default branch is
handed on to the repository of integration tests. It never answers a deployment protection rule, so that no release
goes past a gate that isn't there.
"""

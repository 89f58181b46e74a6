"""The embedded engine: runs Pulumi programs against the local world, with nothing but Python.

It exists so that the demo, the tests and rehearsals need no Pulumi engine and no provider plugins. It reaches the
world by HTTP on loopback, and refuses every other address.
"""

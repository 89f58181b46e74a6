"""From the manifest to the Estate: the one derivation of all that must exist.

    declaration = manifest.load(root)
    estate = desired.derive(declaration)

Pure and total: a declaration that `manifest` accepted always derives.
"""

from twinlock.desired.estate import derive

__all__ = ["derive"]

"""Property paths as Pulumi writes them: `rules.pullRequest`, `branchPolicies[0].name`, `tags["a.b"]`.

Source: https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/ ("property paths").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')


def at(path: str, value: object) -> object:
    """Return what stands at a path in a value; None where nothing does."""
    for quoted, index, name in _PART.findall(path):
        if index:
            inside = isinstance(value, Sequence) and not isinstance(value, str) and int(index) < len(value)
            value = value[int(index)] if inside else None  # type: ignore[index]  # `inside` has told
        else:
            key = quoted.replace('\\"', '"') if quoted else name
            value = value.get(key) if isinstance(value, Mapping) else None
    return value

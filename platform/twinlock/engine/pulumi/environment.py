"""The environment of the engine and its providers: what they need, and nothing that leaks into them.

`GITHUB_OWNER` beats the owner that a program declares, `AWS_PROFILE` its keys; a child process therefore gets a list of
what is let through, never what happens to be set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def scrubbed(inherited: Mapping[str, str], *, cloud: bool) -> dict[str, str]:
    """Return what a child process may inherit; proxies only where the way leads out of this machine."""
    passed = (*_PASSED, *_PROXIES) if cloud else _PASSED
    return {name: inherited[name] for name in passed if name in inherited}


def of_state(backend: str, passphrase: Path | None, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return where Pulumi finds its state and the key to it.

    Args:
        backend: Where state is kept.
        passphrase: The file that holds the passphrase, which so stands on no command line and in no environment; None
            where no secret is encrypted with one.
        credentials: What the backend and the key are entered with.
    """
    return {
        "PULUMI_BACKEND_URL": backend,
        **({} if passphrase is None else {"PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase)}),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # What is missing is an error, not a download in the middle of a run.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **credentials,
    }


def of_engine(home: Path) -> dict[str, str]:
    """Return the settings of a Pulumi that the Automation API drives.

    Args:
        home: Where it keeps what is its own; nothing there is shared with a person's Pulumi.
    """
    return {
        "PULUMI_HOME": str(home),
        "PULUMI_AUTOMATION_API": "true",
        # Saved plans are behind this.
        "PULUMI_EXPERIMENTAL": "true",
    }

"""Copies of checkpoints in the bucket that evidence is kept in.

Whoever can write state can forge it, and can remove what was there before. The evidence account's bucket is locked for
those who provision; the bucket of state is not, for Pulumi makes and removes a file there with each run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinlock.engine.pulumi.bucket import Unavailable
from twinlock.errors import Incomplete

if TYPE_CHECKING:
    from twinlock.engine.pulumi.bucket import Bucket

PREFIX: Final = "pulumi-state"


@dataclass(frozen=True, slots=True)
class BucketArchive:
    """Keeps checkpoints by their digest; see `twinlock.custody.Archive`.

    Attributes:
        bucket: Where.
    """

    bucket: Bucket

    def keep(self, stack: str, digest: str, content: bytes) -> None:
        """Keep one checkpoint.

        Raises:
            Incomplete: The bucket does not take it.
        """
        try:
            self.bucket.put_once(f"{PREFIX}/{stack}/{digest}.json", content)
        except Unavailable as error:
            raise Incomplete(
                f"No copy of the checkpoint of {stack} was kept.",
                f"The run has ended, and the bucket {self.bucket.name} does not take what it left: {error}.",
                "See to the bucket, then run the same command again.",
            ) from None

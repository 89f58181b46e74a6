"""The kinds of value that the files hold, as pydantic checks them and as JSON Schema tells them to editors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError, core_schema

from twinlock.manifest import duration, naming
from twinlock.manifest.mistake import shown

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


class Mapping(BaseModel):
    """A mapping of the files: no unknown key, and no value that only looks like another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def refusal(problem: str, mend: str) -> PydanticCustomError:
    """Return the error of a value: `problem` follows the value, `mend` is a sentence."""
    return PydanticCustomError("refused", "{problem}", {"problem": problem, "mend": mend})


@dataclass(frozen=True, slots=True)
class Obeys:
    """Annotation of a text that obeys a rule of `naming`."""

    rule: naming.Rule

    def __get_pydantic_core_schema__(
        self,
        source: object,
        handler: GetCoreSchemaHandler,
    ) -> core_schema.CoreSchema:
        """Check the text after pydantic made sure that it is one."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self,
        schema: core_schema.CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        """Tell editors the pattern and the length."""
        return {**handler(schema), "pattern": self.rule.pattern, "maxLength": self.rule.longest}

    def _checked(self, text: str) -> str:
        if not self.rule.accepts(text):
            raise refusal(f"but {self.rule.says}", f"Write it as in `{self.rule.example}`.")
        return text


def _distinct(texts: list[str]) -> list[str]:
    text, count = Counter(texts).most_common(1)[0] if texts else ("", 0)
    if count > 1:
        raise refusal(f"names `{shown(text)}` twice", "Name each once.")
    return texts


Distinct = Field(json_schema_extra={"uniqueItems": True})
Organization = Annotated[str, Obeys(naming.ORGANIZATION)]
Login = Annotated[str, Obeys(naming.LOGIN)]
Team = Annotated[str, Obeys(naming.TEAM)]
AppSlug = Annotated[str, Obeys(naming.APP)]
Key = Annotated[str, Obeys(naming.KEY)]
Point = Annotated[str, Obeys(naming.POINT)]
ControlSlug = Annotated[str, Obeys(naming.CONTROL)]
AccountId = Annotated[str, Obeys(naming.ACCOUNT)]
Region = Annotated[str, Obeys(naming.REGION)]
Principal = Annotated[str, Obeys(naming.PRINCIPAL)]
Commit = Annotated[str, Obeys(naming.COMMIT)]
Identity = Annotated[str, Obeys(naming.IDENTITY)]
PublicKey = Annotated[str, Obeys(naming.PUBLIC_KEY)]
KeyReference = Annotated[str, Obeys(naming.KEY_REFERENCE)]
Backend = Annotated[str, Obeys(naming.BACKEND)]
Secrets = Annotated[str, Obeys(naming.SECRETS)]
Bucket = Annotated[str, Obeys(naming.BUCKET)]
Line = Annotated[str, Obeys(naming.LINE)]
Endpoint = Annotated[str, Obeys(naming.ENDPOINT)]

Controls = Annotated[list[ControlSlug], AfterValidator(_distinct), Distinct]
Keys = Annotated[list[Key], AfterValidator(_distinct), Distinct]
Teams = Annotated[list[Team], AfterValidator(_distinct), Distinct]
Logins = Annotated[list[Login], AfterValidator(_distinct), Distinct]
Principals = Annotated[list[Principal], AfterValidator(_distinct), Distinct]
PublicKeys = Annotated[list[PublicKey], AfterValidator(_distinct), Distinct]


def _service(name: str) -> str:
    if (flaw := naming.service_name_flaw(name)) is not None:
        raise refusal(f"but {flaw}", f"Choose another one, such as `{naming.SERVICE.example}`.")
    return name


ServiceName = Annotated[
    str,
    AfterValidator(_service),
    Field(json_schema_extra={"pattern": naming.SERVICE.pattern, "minLength": 2, "maxLength": naming.SERVICE.longest}),
]


def _duration(text: str) -> str:
    length = duration.seconds(text)
    if length is None:
        raise refusal("but a duration is a number with m, h or d", "Write it as in `2h`.")
    if not duration.SHORTEST <= length <= duration.LONGEST:
        raise refusal("but it must be from 15m to 24h", "Write it as in `2h`.")
    return text


Duration = Annotated[str, AfterValidator(_duration), Field(json_schema_extra={"pattern": duration.FORM})]

MOST_APPROVALS = 10
"""GitHub's limit for `required_approving_review_count`.

Source: https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset.
"""


def _approvals(count: int) -> int:
    if count == 1:
        raise refusal("but 1 is accepted only once the gate checks every pusher", "Write 2 or more.")
    if not 1 < count <= MOST_APPROVALS:
        raise refusal(
            f"but GitHub counts up to {MOST_APPROVALS} approvals, and fewer than 2 protect nothing",
            f"Write a number from 2 to {MOST_APPROVALS}.",
        )
    return count


Approvals = Annotated[
    int, AfterValidator(_approvals), Field(json_schema_extra={"minimum": 2, "maximum": MOST_APPROVALS})
]

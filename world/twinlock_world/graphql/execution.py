"""Answers a GraphQL request: parsed, held against the schema, resolved field by field.

Answers are 200 also where fields could not be answered, as GitHub's are; `errors` says which. Each field of a mutation
is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from twinlock_world.github.errors import GitHubError
from twinlock_world.graphql import types
from twinlock_world.graphql.errors import QueryError, UnmodelledError, refused
from twinlock_world.graphql.schema import github_schema
from twinlock_world.graphql.thing import Thing, resolver_of
from twinlock_world.jsonvalue import FieldError, Fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import DocumentNode, GraphQLResolveInfo

    from twinlock_world.graphql.context import Context
    from twinlock_world.jsonvalue import JsonObject, JsonValue

_LARGEST_DOCUMENT: Final = 10_000  # tokens; GitHub bounds a query by nodes and time
_RULES: Final = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
"""GitHub lets fields of one name be null on one type and not on another; `gh` and the Terraform provider rely on it."""
_ROOT: Final = Thing("Query", Fields({}))

types.load()


def answer(context: Context, asked: Fields, unmodelled: Callable[[str], None]) -> JsonObject:
    """Return the answer to a request; `unmodelled` hears of each field that this world does not answer."""
    text = asked.text("query", "")
    if not text.strip():
        return _failure("A query attribute must be specified and must be a string.")
    variables = asked.object("variables").raw if asked.given("variables") else {}
    name = asked.optional_text("operationName")
    try:
        document = parse(text, max_tokens=_LARGEST_DOCUMENT)
        mistakes = validate(github_schema(), document, _RULES, max_errors=20)
    except GraphQLSyntaxError as error:
        return _failure(f"Parse error: {error.message}", error)
    except RecursionError:
        return _failure("This query is nested too deep")
    if mistakes:
        return {"errors": [_mistake(mistake) for mistake in mistakes]}
    return _execute(context, document, dict(variables), name or None, unmodelled)


def _execute(
    context: Context,
    document: DocumentNode,
    variables: dict[str, JsonValue],
    name: str | None,
    unmodelled: Callable[[str], None],
) -> JsonObject:
    operation = get_operation_ast(document, name)
    if operation is not None and operation.operation is OperationType.SUBSCRIPTION:
        return _failure("Schema is not configured for subscriptions")
    try:
        result = execute_sync(
            github_schema(),
            document,
            root_value=_ROOT,
            context_value=context,
            variable_values=variables,
            operation_name=name,
            field_resolver=_resolve,
            type_resolver=_type_of,
        )
    except RecursionError:
        return _failure("This query is nested too deep")
    if not isinstance(result, ExecutionResult):
        raise TypeError("a resolver waits for something")
    for error in result.errors or []:
        if isinstance(error.original_error, UnmodelledError):
            unmodelled(error.original_error.name)
    found: dict[str, JsonValue] = {"data": result.data}
    return found if not result.errors else {**found, "errors": [_written(error) for error in result.errors]}


def _resolve(source: object, info: GraphQLResolveInfo[Context], **arguments: Any) -> object:  # noqa: ANN401 - graphql-core's signature
    kind, name = info.parent_type.name, info.field_name
    context = info.context
    if not context.count():
        raise QueryError("MAX_NODE_LIMIT_EXCEEDED", "This query asks for more than one query may.")
    if isinstance(source, Mapping):
        if name not in source:
            raise UnmodelledError(f"{kind}.{name}")
        return _value(source[name])
    resolver = resolver_of(kind, name)
    if resolver is None or not isinstance(source, Thing):
        raise UnmodelledError(f"{kind}.{name}")
    try:
        if kind != "Mutation":
            return resolver(source, context, Fields(arguments))
        with context.store.transaction():
            return resolver(source, context, Fields(arguments))
    except GitHubError as error:
        if kind == "Mutation" and error.keep is not None:  # a refusal leaves its trace although nothing changed
            error.keep()
        raise refused(error) from error
    except FieldError as error:
        raise QueryError("INVALID", str(error)) from error


def _value(found: object) -> object:
    if isinstance(found, QueryError):  # a part that can only be had by asking otherwise
        raise found
    return found


def _type_of(value: object, _info: object, _kind: object) -> str | None:
    if isinstance(value, Thing):
        return value.kind
    return str(value["__typename"]) if isinstance(value, Mapping) and "__typename" in value else None


def _failure(message: str, error: GraphQLError | None = None) -> JsonObject:
    found: dict[str, JsonValue] = {"message": message}
    if error is not None and error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return {"errors": [found]}


def _mistake(error: GraphQLError) -> JsonObject:
    """Write what is wrong with a document: where, and in which words."""
    written = _written(error)
    return {name: value for name, value in written.items() if name not in {"path", "type"}}


def _written(error: GraphQLError) -> JsonObject:
    original = error.original_error
    found: dict[str, JsonValue] = {}
    if isinstance(original, QueryError):
        found["type"] = original.kind
    if error.path:
        found["path"] = list(error.path)
    if error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return {**found, "message": error.message}

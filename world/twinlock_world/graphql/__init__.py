"""GitHub's GraphQL API on GitHub's own schema, as another face of the REST API beside it.

Each object is what REST says of it, read as the same caller: so both decide alike who may see and do what, refuse in
the same words, and a change made by a mutation is audited and announced as one made by REST. What the schema knows and
this world does not model is an error that names it, never null, and counts among the unknown routes.

- `schema`: the vendored schema, built when first asked
- `execution`: a request's document, answered
- `context`, `thing`, `connection`, `identifiers`: what resolvers work with
- `types`: the fields of each type; `mutations`: what changes something
"""

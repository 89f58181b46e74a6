"""The policy kernel: whether somebody may change a ref, decided in one place for git, REST and GraphQL.

Pure: no store, no git, no HTTP. `kernel.decide` takes an `Attempt`, the `ActiveRule`s that stand on the ref, and the
`Facts` that it asks for only when some rule needs one; it answers with a `Verdict` that holds GitHub's own words.
Whoever changes a ref asks it; `github.ruling` gathers rules and facts from the world's state.
"""

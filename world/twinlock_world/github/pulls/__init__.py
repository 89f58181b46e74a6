"""Pull requests: opened, reviewed, discussed, kept in step with their branches, merged.

Functions take a `Site` and an identity; REST and GraphQL call the same ones. `pull` holds the record, `review` and
`thread` what people say of it, `facts` what rules ask of it, `merging` how it ends, `synchronize` what a push does.
"""

"""OpenID Connect for the local GitHub's Actions: who a job is, in a token that others can verify.

What the rest of the world uses:

- `job.JobIdentity`: what the runner knows of a job
- `issuer.Issuer.token(job, audience)`: the signed token; `Issuer.jwks()` the keys that verify it
- `issuer.NAME`: the issuer's name in tokens and trust policies, which is not where this world serves its keys
- `subject.prefix`, `subject.subject_form`: how a repository's subjects begin, and what they are made of
"""

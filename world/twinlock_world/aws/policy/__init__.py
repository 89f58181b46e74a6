"""What IAM policies say, and what AWS decides by them. Pure: documents and a request in, a decision out.

No library does this under a licence that can be taken in: cloud-copilot/iam-simulate is AGPL; ministack's evaluator and
moto's own miss conditions, boundaries or claims. Used by the AWS edge for every request that a session signed.
"""

"""What a request needs to be allowed: actions on resources, service by service.

A module per service whose ARNs need more than a parameter's name; the plain ones are a table. The names of actions and
the forms of ARNs follow AWS's service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/). What no module can tell is judged on `*`, which
no narrower Allow covers: it fails closed.
"""

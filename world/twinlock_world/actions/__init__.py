"""What a workflow file means: pure functions from text and events to jobs.

Nothing here knows accounts, the store or processes: `twinlock_world.github.workflows` keeps runs and
`twinlock_world.runner` executes jobs.
"""

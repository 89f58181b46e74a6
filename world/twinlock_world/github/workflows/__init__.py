"""Workflow runs: started by events, advanced job by job, gated by environments.

- `start`: which workflows an event starts
- `advance`: what of a run comes next; the one place that moves runs on
- `gates`: whether an environment lets a job in
- `jobs`: what a runner takes and gives back
- `control`: cancel, re-run, review
"""

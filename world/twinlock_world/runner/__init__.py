"""Who executes jobs: real processes by act, or a script that says what each job does."""

"""One module per resource type of twinlock's provider, each with its `HANDLER`; found by `provider.registry`."""

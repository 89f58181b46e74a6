"""twinlock's own Pulumi provider: exclusive resources for what the official providers cannot see or set."""

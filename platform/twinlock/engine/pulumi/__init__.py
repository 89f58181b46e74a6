"""The Pulumi engine behind the engine port: the Automation API with inline programs, one process per stack."""

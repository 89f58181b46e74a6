"""Handlers of the official providers' resource types: one module, one type, discovered; see `provider.port`."""

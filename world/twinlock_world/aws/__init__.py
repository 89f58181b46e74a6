"""AWS on loopback: moto's services behind an edge that knows its callers and holds them to their policies."""

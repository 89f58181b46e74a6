"""Append-only records: the journal of what twinlock did to a platform."""

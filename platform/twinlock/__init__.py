"""twinlock: a delivery platform in which no one person can write, approve, test and release a change alone."""

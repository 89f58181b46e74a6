"""A local GitHub and AWS on loopback that keeps state and refuses as the real ones refuse."""

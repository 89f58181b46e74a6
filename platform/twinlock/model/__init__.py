"""The nouns of the platform: what is declared, what must exist, what is seen. Types and pure functions only."""

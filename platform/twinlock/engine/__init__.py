"""The engine port: what it means to preview, apply and destroy a stack, whichever engine does it."""

"""The command line: parse, call one function of the library, show the result."""

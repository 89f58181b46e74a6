"""From the Estate to the files of each repository: render, write, compare, seed."""

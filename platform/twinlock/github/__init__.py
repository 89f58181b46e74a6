"""GitHub's JSON and the model: one decode and encode per noun, the directory of ids, the client."""

"""AWS's JSON and the model: policies, roles, sessions."""

"""Dead reckoning: where the agent is, from nothing but its own actions and rewards."""

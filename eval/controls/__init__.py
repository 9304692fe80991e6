"""Controls and conditions: the agent with something removed, the task with something changed."""

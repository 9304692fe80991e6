"""Controls and conditions: the agent with something removed, the task with something changed.

A new control is one file here with a subclass of `wrappers.Control`, registered with
`wrappers.CONTROLS`; the battery runs every registered control.
"""

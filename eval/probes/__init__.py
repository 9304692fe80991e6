"""Probes: what can be read from an agent's memory, and from less than that.

labels      quantities to read, at every step
features    the memory at every step, and what it is compared with
fitting     ridge regression and a small MLP
scores      variance explained, by episode and by step, with intervals
maps        the decoded map beside the true one
page        all of it as HTML
"""

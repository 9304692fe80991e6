"""Scripted agents to compare a learned agent with."""

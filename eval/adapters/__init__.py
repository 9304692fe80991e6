"""Agents from outside the project: loaded by name, checked at every step, and adapters for others.

loading                      package.module:Name to an agent for a suite
checked                      one line for whatever such an agent returns wrongly
known                        facts about it that results can state
function, stable_baselines3  adapters
"""

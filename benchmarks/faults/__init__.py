"""Faults in running programs: killed and stopped processes, and an account of what they cost."""

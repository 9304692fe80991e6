"""What an agent is worth: trials on tasks it never saw, measured, tabulated and filmed."""

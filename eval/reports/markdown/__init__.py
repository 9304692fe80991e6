"""Reports and tables in Markdown."""

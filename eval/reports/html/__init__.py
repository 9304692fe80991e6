"""One HTML page on evaluated runs: tables, curves, paths, films, and differences between runs."""

"""One page that shows what runs have learned: tables, curves, ways, films, and how runs differ."""

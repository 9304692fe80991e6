"""Web pages: one layout, one style, rendered by Jinja."""

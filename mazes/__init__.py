"""The maze suite: find the target in a place never seen, then find it again."""

"""Throughput, measured side by side with peers; every script ends in one line of JSON."""

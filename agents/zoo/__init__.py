"""Pretrained agents: model cards and result records."""

"""Recurrent memories of the RL² network."""

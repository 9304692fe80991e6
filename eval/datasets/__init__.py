"""Recorded trials as data sets: frames, actions, rewards and mazes in files that numpy reads.

players    agents by name, scripted ones too
frames     equal frames stored once
shards     trials as arrays, and arrays as .npz
card       the description beside the shards
writing    a folder of shards, complete or absent
loading    the folder read back
minari     the same as a Minari dataset
"""

"""The twin on a GPU, in Triton."""

"""Parts that memories share: layers, packing, initial values. None is a memory to choose."""

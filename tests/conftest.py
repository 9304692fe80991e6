"""Every tensor function that states shapes has them checked in tests."""

import torch
from hypothesis import settings
from jaxtyping import install_import_hook

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("fixed")
torch.set_num_threads(1)  # tests run side by side

install_import_hook(["trials", "agents", "mazes", "eval", "bandits", "mdps"], "beartype.beartype")

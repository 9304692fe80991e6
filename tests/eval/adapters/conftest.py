"""The strangers' module can be imported, as a user's own would."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

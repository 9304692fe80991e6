"""Shape annotations of tensor functions: those of jaxtyping if it is installed, else inert.

Tests check every annotated shape (jaxtyping with beartype). A training machine needs neither
library: without them `Float[Tensor, "time batch"]` is `Tensor`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int64, UInt8
else:
    try:
        from jaxtyping import Bool, Float, Int64, UInt8
    except ImportError:

        class _Unchecked:
            def __class_getitem__(cls, item):
                return item[0]

        Bool = Float = Int64 = UInt8 = _Unchecked

__all__ = ["Bool", "Float", "Int64", "UInt8"]

"""Shape annotations for tensor functions: jaxtyping's where it is installed, inert elsewhere.

Tests check every annotated shape (jaxtyping with beartype). A bare training machine has neither
library and needs none: there `Float[Tensor, "time batch"]` is just `Tensor`.
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

"""The recurrence of a GRU and its derivative, a Triton kernel each.

One step of a GRU is so little work that a kernel launch would dominate it. Here each program takes
a few environments through all steps of a rollout. There are no launches between steps, and no
program waits for another. Where a trial begins, the state is cleared; nothing is packed, so the
host waits for nothing.

Products within a step have 10 bits of mantissa, like those of cuDNN's GRU by torch's default
(TF32). They are taken in float16, which has the same mantissa but a smaller range, so operands
are scaled first: gradients by the largest incoming one and, for relu with its unbounded states,
everything by the largest operand of the step. Sums, states and gates are float32.
"""

# Triton's types are not Python's: a constexpr parameter takes a plain number.
# pyright: reportArgumentType=false

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]


@triton.jit
def _product(a, weight, size):
    """[rows, K] x [K, N] in the weights' precision, summed in float32; `size` scales a."""
    small = (a / size).to(weight.dtype)
    return tl.dot(small, weight, input_precision="ieee", out_dtype=tl.float32) * size


@triton.jit
def _largest(a):
    """The largest magnitude in a, at least 1e-30."""
    return tl.maximum(tl.max(tl.abs(a)), 1e-30)


@triton.jit
def _tile(weight, gate: tl.constexpr, row, col, size):
    """Weights of a gate into its units `row` from units `col`, [len(row), len(col)]."""
    mask = (row < size) & (col < size)
    return tl.load(weight + (gate * size + row) * size + col, mask=mask, other=0.0)


@triton.jit
def run_forward(
    gates, is_first, weight, bias_n, states, n_from_h, num_steps, batch, size,
    padded: tl.constexpr, chunk: tl.constexpr, resident: tl.constexpr, rows: tl.constexpr,
    relu: tl.constexpr,
):  # fmt: skip
    """Run `rows` environments forward; `gates` holds the inputs' part, then the whole gates."""
    row = tl.program_id(0).to(tl.int64) * rows + tl.arange(0, rows)
    live = row < batch
    unit, some = tl.arange(0, padded), tl.arange(0, chunk)
    whole = live[:, None] & (unit < size)[None, :]
    from_all = unit[:, None]  # weights are read transposed: [from unit, to unit]
    hidden = tl.load(states + row[:, None] * size + unit[None, :], mask=whole, other=0.0)
    if resident:
        w_r = _tile(weight, 0, some[None, :], from_all, size)
        w_z = _tile(weight, 1, some[None, :], from_all, size)
        w_n = _tile(weight, 2, some[None, :], from_all, size)
        c_n = tl.load(bias_n + some, mask=some < size, other=0.0)[None, :]
    for t in range(num_steps):
        at = t * batch + row
        continues = tl.load(is_first + at, mask=live, other=1) == 0
        hidden = tl.where(continues[:, None], hidden, 0.0)
        top = _largest(hidden) if relu else 1.0
        for part in range(padded // chunk):
            col = part * chunk + some
            mask = live[:, None] & (col < size)[None, :]
            if resident:
                before = hidden
            else:
                w_r = _tile(weight, 0, col[None, :], from_all, size)
                w_z = _tile(weight, 1, col[None, :], from_all, size)
                w_n = _tile(weight, 2, col[None, :], from_all, size)
                c_n = tl.load(bias_n + col, mask=col < size, other=0.0)[None, :]
                before = tl.load(states + at[:, None] * size + col[None, :], mask=mask, other=0.0)
                before = tl.where(continues[:, None], before, 0.0)
            gate = gates + at[:, None] * (3 * size) + col[None, :]
            r_h, z_h = _product(hidden, w_r, top), _product(hidden, w_z, top)
            r = tl.sigmoid(tl.load(gate, mask=mask, other=0.0) + r_h)
            z = tl.sigmoid(tl.load(gate + size, mask=mask, other=0.0) + z_h)
            n_h = _product(hidden, w_n, top) + c_n
            n = tl.load(gate + 2 * size, mask=mask, other=0.0) + r * n_h
            n = tl.maximum(n, 0.0) if relu else 2 * tl.sigmoid(2 * n) - 1
            new = n + z * (before - n)
            out = at[:, None] * size + col[None, :]
            tl.store(gate, r, mask=mask)
            tl.store(gate + size, z, mask=mask)
            tl.store(gate + 2 * size, n, mask=mask)
            tl.store(n_from_h + out, n_h, mask=mask)
            tl.store(states + batch * size + out, new, mask=mask)
            if resident:
                hidden = new
        if not resident:
            tl.debug_barrier()  # all threads see the whole new state
            after = (at + batch)[:, None] * size + unit[None, :]
            hidden = tl.load(states + after, mask=whole, other=0.0)


@triton.jit
def run_backward(
    grad, gates, n_from_h, is_first, weight, states, by_gates, by_candidate, by_state, scale,
    num_steps, batch, size,
    padded: tl.constexpr, chunk: tl.constexpr, resident: tl.constexpr, rows: tl.constexpr,
    relu: tl.constexpr,
):  # fmt: skip
    """Run the same environments backward; `by_state` holds zeros, then the carry's gradient."""
    row = tl.program_id(0).to(tl.int64) * rows + tl.arange(0, rows)
    live = row < batch
    unit, some = tl.arange(0, padded), tl.arange(0, chunk)
    whole = live[:, None] & (unit < size)[None, :]
    to_all = unit[:, None]
    largest = tl.load(scale)
    if resident:
        w_r = _tile(weight, 0, to_all, some[None, :], size)
        w_z = _tile(weight, 1, to_all, some[None, :], size)
        w_n = _tile(weight, 2, to_all, some[None, :], size)
    by_now = tl.zeros((rows, chunk), tl.float32)
    for back in range(num_steps):
        t = num_steps - 1 - back
        at = t * batch + row
        continues = tl.load(is_first + at, mask=live, other=1) == 0
        for part in range(padded // chunk):
            col = part * chunk + some
            mask = live[:, None] & (col < size)[None, :]
            out = at[:, None] * size + col[None, :]
            now = row[:, None] * size + col[None, :]
            gate = at[:, None] * (3 * size) + col[None, :]
            if not resident:
                by_now = tl.load(by_state + now, mask=mask, other=0.0)
            by_new = by_now + tl.load(grad + out, mask=mask, other=0.0)
            r = tl.load(gates + gate, mask=mask, other=0.0)
            z = tl.load(gates + gate + size, mask=mask, other=0.0)
            n = tl.load(gates + gate + 2 * size, mask=mask, other=0.0)
            n_h = tl.load(n_from_h + out, mask=mask, other=0.0)
            before = tl.load(states + out, mask=mask, other=0.0)
            before = tl.where(continues[:, None], before, 0.0)
            by_z = by_new * (before - n) * z * (1 - z)
            slope = tl.where(n > 0, 1.0, 0.0) if relu else 1 - n * n
            by_n = by_new * (1 - z) * slope
            by_r = by_n * n_h * r * (1 - r)
            by_n_h = by_n * r
            tl.store(by_gates + gate, by_r, mask=mask)
            tl.store(by_gates + gate + size, by_z, mask=mask)
            tl.store(by_gates + gate + 2 * size, by_n, mask=mask)
            tl.store(by_candidate + out, by_n_h, mask=mask)
            if resident:
                by_now = _product(by_r, w_r, _largest(by_r) if relu else largest)
                by_now += _product(by_z, w_z, _largest(by_z) if relu else largest)
                by_now += _product(by_n_h, w_n, _largest(by_n_h) if relu else largest)
                by_now += by_new * z
                by_now = tl.where(continues[:, None], by_now, 0.0)
            else:
                tl.store(by_state + now, by_new * z, mask=mask)
        if not resident:
            tl.debug_barrier()  # all threads see the gates' whole gradients
            gate = at[:, None] * (3 * size) + unit[None, :]
            all_r = tl.load(by_gates + gate, mask=whole, other=0.0)
            all_z = tl.load(by_gates + gate + size, mask=whole, other=0.0)
            here = at[:, None] * size + unit[None, :]
            all_n = tl.load(by_candidate + here, mask=whole, other=0.0)
            top_r = _largest(all_r) if relu else largest
            top_z = _largest(all_z) if relu else largest
            top_n = _largest(all_n) if relu else largest
            for part in range(padded // chunk):
                col = part * chunk + some
                mask = live[:, None] & (col < size)[None, :]
                now = row[:, None] * size + col[None, :]
                w_r = _tile(weight, 0, to_all, col[None, :], size)
                w_z = _tile(weight, 1, to_all, col[None, :], size)
                w_n = _tile(weight, 2, to_all, col[None, :], size)
                through = _product(all_r, w_r, top_r) + _product(all_z, w_z, top_z)
                through += _product(all_n, w_n, top_n)
                by_before = tl.load(by_state + now, mask=mask, other=0.0) + through
                by_before = tl.where(continues[:, None], by_before, 0.0)
                tl.store(by_state + now, by_before, mask=mask)
            tl.debug_barrier()
    if resident:
        now = row[:, None] * size + some[None, :]
        tl.store(by_state + now, by_now, mask=live[:, None] & (some < size)[None, :])

"""The mean memory sums what it has seen, in any order."""

import torch

from rl2_mazes.agents.memory.mean import MeanMemory


def make_memory():
    torch.manual_seed(0)
    return MeanMemory(2, 5)


def test_order_does_not_matter():
    memory, x = make_memory(), torch.randn(7, 1, 2)
    first = torch.zeros(7, 1, dtype=torch.bool)
    first[0] = True
    carry = torch.zeros(1, memory.carry_size)
    there = memory.unroll(x, first, carry)[-1]
    back = memory.unroll(x.flip(0), first, carry)[-1]
    torch.testing.assert_close(there, back)
    torch.testing.assert_close(there[:, :2], x.mean(0))  # the inputs' own means come first


def test_a_scan_of_sequences_equals_steps():
    memory = make_memory()
    sizes, hidden = [4, 3, 3, 1], torch.randn(4, memory.carry_size).abs()
    packed = torch.randn(sum(sizes), 2)
    scanned, row, carry = memory.scan(packed, hidden, sizes), 0, hidden
    for size in sizes:
        none = torch.zeros(size, dtype=torch.bool)
        output, carry = memory.step(packed[row : row + size], none, carry[:size])
        torch.testing.assert_close(scanned[row : row + size], carry)
        torch.testing.assert_close(memory.read(carry), output)
        row += size


def test_no_sequences():
    memory = make_memory()
    nothing = memory.scan(torch.zeros(0, 2), torch.zeros(0, memory.carry_size), [])
    assert nothing.shape == (0, memory.carry_size)


def test_long_sums_lose_no_digits():
    memory = make_memory()
    steps, sequences = 2000, 20
    packed = torch.full((steps * sequences, 2), 0.1)
    hidden = torch.zeros(sequences, memory.carry_size)
    last = memory.scan(packed, hidden, [sequences] * steps)[-1]
    assert last[-1] == steps
    torch.testing.assert_close(last[0].item(), steps * 0.1, rtol=1e-6, atol=0)

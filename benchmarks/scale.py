"""Growth of a training with environments, processes, rooms and resolution: speed and memory.

    rl2 bench scale
    rl2 bench scale environments=[32,1024] processes=[] rooms=[] resolutions=[]

Measures the demo with one thing changed at a time: number of environments; processes that share
256 of them, as under torchrun, with one thread each; as many trainings that share nothing, each
with its part of the 256, which is the most that processes can reach; rooms a side, with a horizon
that grows with their number; rows of the image, whose columns are four thirds of them. Every
training runs in processes of its own. Rates are agent steps a second of all processes, medians over
iterations after a warm-up; memory is the peak of one process. The last line is one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench scale")

import json
import os
import resource
import socket
import statistics
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import torch

from rl2_mazes.agents.runtime.device import configure_device
from rl2_mazes.agents.runtime.distributed import World, barrier, join_world
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import say, seconds_of
from rl2_mazes.benchmarks.harness.trainings import checked, settings_of, training
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.formatting import lay_out
from rl2_mazes.core.process import begin_worker
from rl2_mazes.core.validation import count

CPU = torch.device("cpu")
STEPS_A_ROOM = 50 / 9  # of the horizon, as in mazes of 3x3 rooms
CONVOLUTIONS = "[[16,8,4],[32,4,2],[32,4,2]]"  # one more than for 30 rows


@dataclass
class ScaleConfig:
    """Keys of `rl2 bench scale`.

    Attributes:
        environments: Numbers of environments.
        processes: Numbers of processes.
        rooms: Rooms a side.
        resolutions: Rows of the image.
        rounds: Iterations that count.
    """

    environments: list[int] = count([32, 128, 512, 1024])  # noqa: RUF009
    processes: list[int] = count([1, 2])  # noqa: RUF009
    rooms: list[int] = count([3, 5, 9], least=2)  # noqa: RUF009
    resolutions: list[int] = count([30, 60, 120], least=28)  # noqa: RUF009
    rounds: int = count(3)


@dataclass(frozen=True)
class Case:
    """One thing changed.

    Attributes:
        what: The thing.
        value: Its value.
        changes: Arguments of rl2-train.
        processes: That train at once.
        together: Train one agent, not one each.
    """

    what: str
    value: int
    changes: tuple[str, ...] = ()
    processes: int = 1
    together: bool = True


def cases_of(config: ScaleConfig) -> list[Case]:
    """All cases, in the order of the table, each of them a training that rl2-train accepts.

    Raises:
        UserError: One is not, or there is none.
    """
    found = [
        *(Case("environments", n, (f"num_envs={n}",)) for n in config.environments),
        *(Case("processes", n, ("num_envs=256",), n) for n in config.processes),
        *(
            Case("separate trainings", n, (f"num_envs={256 // n}",), n, together=False)
            for n in config.processes
            if n > 1
        ),
        *(Case("rooms a side", n, rooms(n)) for n in config.rooms),
        *(Case("rows of the image", n, resolution(n)) for n in config.resolutions),
    ]
    if not found:
        raise UserError(
            "environments, processes, rooms and resolutions are empty; give one a value"
        )
    for case in found:
        world = World(size=case.processes if case.together else 1)
        try:
            checked(settings_of("demo", CPU, *case.changes), CPU, world)
        except UserError as error:
            raise UserError(f"{case.what} {case.value}: {error}") from error
    return found


def rooms(side: int) -> tuple[str, ...]:
    """Larger mazes, with a rollout that holds an episode."""
    horizon = round(STEPS_A_ROOM * side * side)
    steps = max(200, horizon)
    return f"suite.tasks.rooms={side}", f"suite.rules.horizon={horizon}", f"num_steps={steps}"


def resolution(rows: int) -> tuple[str, ...]:
    """Larger images."""
    size = f"suite.rules.obs_height={rows}", f"suite.rules.obs_width={rows * 4 // 3}"
    return size if rows < 60 else (*size, f"agent.conv={CONVOLUTIONS}")


def begin() -> None:
    """Configure a worker with one thread, as torchrun does."""
    os.environ["OMP_NUM_THREADS"] = "1"
    begin_worker()


def measure(case: Case, rank: int, port: int, rounds: int) -> tuple[float, int, int]:
    """Seconds of an iteration, steps of one agent in it, and the peak of this process in MiB."""
    if case.processes > 1:
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank)}
        os.environ |= {"WORLD_SIZE": str(case.processes), "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    configure_device(CPU)
    settings = settings_of("demo", CPU, *case.changes)
    if not case.together:
        with join_world("cpu"):
            barrier()  # all begin at once
    joined = join_world("cpu") if case.together else nullcontext(World())
    with joined as world, training(settings, CPU, world) as of:
        of.iterate()
        num_steps = of.steps
        of.iterate()
        seconds = statistics.median(seconds_of(of.iterate, CPU) for _ in range(rounds))
        return seconds, num_steps, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(case: Case, rounds: int) -> dict[str, Any]:
    """Figures of a case."""
    say(f"measuring {case.what} {case.value}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workers = ProcessPoolExecutor(case.processes, get_context("spawn"), initializer=begin)
    with workers as pool:
        jobs = [pool.submit(measure, case, rank, port, rounds) for rank in range(case.processes)]
        found = [job.result() for job in jobs]
    agents = [max(found)] if case.together else found
    figures = {
        "steps_per_s": round(sum(num_steps / seconds for seconds, num_steps, _ in agents)),
        "peak_mib": max(each[2] for each in found),
    }
    return {"what": case.what, "value": case.value, **figures}


def main() -> None:
    """Measure and print."""
    config = arguments.read(ScaleConfig)
    found = [run(case, config.rounds) for case in cases_of(config)]
    print(lay_out(list(found[0]), [[str(x) for x in each.values()] for each in found]))
    print(json.dumps({"cores": os.cpu_count(), "cases": found}))

"""What a scheduler's variables say of this process: where process 0 is, how many there are, which GPUs are its own."""

import itertools
import socket
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gan_jax.errors import InputError

Environment = Mapping[str, str]


class Place(NamedTuple):
    """A process among those of a run; None is what nobody has told."""

    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None
    tasks: int | None = None  # of this run on this node
    rank: int = 0  # of this process among them


def place(environment: Environment) -> Place:
    """What the scheduler tells. Under mpirun within a SLURM job Open MPI's variables are the true ones."""
    if "OMPI_COMM_WORLD_RANK" in environment:
        return _open_mpi(environment)
    if "SLURM_PROCID" in environment and "SLURM_STEP_NODELIST" in environment:
        return _slurm(environment)
    if "KUBERNETES_SERVICE_HOST" in environment and "JOB_COMPLETION_INDEX" in environment:
        return Place(process=int(environment["JOB_COMPLETION_INDEX"]))
    return Place()


def _slurm(environment: Environment) -> Place:
    node = first_node(environment["SLURM_STEP_NODELIST"])
    port = environment.get("JAX_COORDINATOR_PORT") or _port(int(environment["SLURM_JOB_ID"]))
    return Place(
        coordinator=f"{node}:{port}",
        processes=int(environment["SLURM_NTASKS"]),
        process=int(environment["SLURM_PROCID"]),
        tasks=_slurm_tasks(environment),
        rank=int(environment.get("SLURM_LOCALID", 0)),
    )


def _slurm_tasks(environment: Environment) -> int:
    """Tasks of this step on this node: SLURM writes 4(x2),1 for 4, 4 and 1."""
    counts = []
    for part in environment.get("SLURM_STEP_TASKS_PER_NODE", "").split(","):
        count, _, times = part.partition("(x")
        counts += [int(count)] * int(times.rstrip(")") or 1) if count else []
    node = int(environment.get("SLURM_NODEID", 0))
    if node < len(counts):
        return counts[node]
    nodes = int(environment.get("SLURM_STEP_NUM_NODES", 1))
    return int(environment.get("SLURM_NTASKS_PER_NODE") or -(-int(environment["SLURM_NTASKS"]) // nodes))


def first_node(nodes: str) -> str:
    """The first of SLURM's list of nodes: n[007-015,020],m1 begins with n007."""
    before, bracket, inside = nodes.partition("[")
    if "," in before or not bracket:
        return before.partition(",")[0]
    return before + inside.partition("]")[0].partition(",")[0].partition("-")[0]


def _port(job: int) -> int:
    """One that the processes of a job agree on and those of another job seldom have, as JAX chooses it."""
    return 61440 + job % 4096


def _open_mpi(environment: Environment) -> Place:
    """Open MPI tells all but where process 0 is: up to version 4 JAX reads it from a variable that 5 has no longer.

    Known is it where all processes are on this node, and in a SLURM job, whose first node has process 0.
    """
    processes, tasks = int(environment["OMPI_COMM_WORLD_SIZE"]), int(environment["OMPI_COMM_WORLD_LOCAL_SIZE"])
    given = environment.get("JAX_COORDINATOR_PORT")
    job = environment.get("PMIX_NAMESPACE") or environment.get("OMPI_MCA_orte_hnp_uri", "").partition(";")[0]
    coordinator = None
    if tasks == processes:
        coordinator = f"127.0.0.1:{given or _port(zlib.crc32(job.encode()))}"
    elif "SLURM_JOB_NODELIST" in environment:
        node = first_node(environment["SLURM_JOB_NODELIST"])
        coordinator = f"{node}:{given or _port(int(environment['SLURM_JOB_ID']))}"
    return Place(
        coordinator=coordinator,
        processes=processes,
        process=int(environment["OMPI_COMM_WORLD_RANK"]),
        tasks=tasks,
        rank=int(environment["OMPI_COMM_WORLD_LOCAL_RANK"]),
    )


def visible_gpus(environment: Environment, driver: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """GPUs that this process may use: the driver's, or those that a variable shows; 0 where JAX is to leave them."""
    platforms = environment.get("JAX_PLATFORMS") or "cuda"
    if not {"cuda", "gpu", "rocm"} & set(platforms.split(",")):
        return 0
    for variable in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        if variable in environment:
            names = [name for name in environment[variable].split(",") if name.strip()]
            return len(list(itertools.takewhile(lambda name: name != "-1", names)))
    return len(list(driver.iterdir())) if driver.is_dir() else 0


def share(gpus: int, place: Place) -> list[int] | None:
    """The GPUs of this process by their numbers among those that it sees; None is all of them.

    One task on a node takes all, and several take equal shares. A task that sees one GPU alone, as --gpus-per-task=1
    has it, takes that. Where nobody tells how many there are, each of several tasks takes one.
    """
    if not place.tasks or place.tasks == 1 or gpus == 1:
        return None
    if gpus == 0:
        return [place.rank]
    if gpus % place.tasks:
        raise InputError(
            f"{gpus} GPUs are not equal shares for {place.tasks} tasks on {socket.gethostname()}: "
            "some would stand idle. Start one task a node or one a GPU, or say with --local_devices which are its own."
        )
    count = gpus // place.tasks
    return list(range(place.rank * count, (place.rank + 1) * count))


def check_used(gpus: int, chosen: list[int] | None, backend: str, used: int) -> None:
    """An InputError where GPUs that were chosen are not those that JAX has."""
    wanted = gpus if chosen is None else min(gpus, len(chosen))
    if wanted and backend != "gpu":
        raise InputError(
            f"{socket.gethostname()} shows {gpus} GPUs and JAX uses its {backend}: they would stand idle. "
            "Install the JAX of these GPUs, or set JAX_PLATFORMS=cpu to leave them."
        )
    if used < wanted:
        raise InputError(
            f"JAX uses {used} of {wanted} GPUs on {socket.gethostname()}: the others would stand idle. "
            "Say with --local_devices which are this task's, or all."
        )

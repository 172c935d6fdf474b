"""What schedulers' variables mean."""

import pytest

from gan_jax.errors import InputError
from gan_jax.hosts import cluster
from gan_jax.hosts.cluster import Place

SLURM = {
    "SLURM_JOB_ID": "8195",
    "SLURM_STEP_NODELIST": "n[007-010,020],m1",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}
OPEN_MPI = {
    "OMPI_COMM_WORLD_RANK": "5",
    "OMPI_COMM_WORLD_SIZE": "8",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
    "PMIX_NAMESPACE": "prterun-n1-77@1",
}


def test_slurm():
    assert cluster.place(SLURM) == Place("n007:61443", 4, 3, tasks=2, rank=1)
    assert cluster.place(SLURM | {"JAX_COORDINATOR_PORT": "5000"}).coordinator == "n007:5000"
    assert cluster.place({"SLURM_JOB_ID": "8195", "SLURM_NTASKS": "4"}) == Place()  # salloc's shell: no step


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("n1", "n1"),
        ("n1,n2", "n1"),
        ("n[3,5-7],m2", "n3"),
        ("n[03-05]", "n03"),
        ("a,n[1-2]", "a"),
        ("r1-n[8]", "r1-n8"),
    ],
)
def test_the_first_of_slurms_nodes(nodes, first):
    assert cluster.first_node(nodes) == first


@pytest.mark.parametrize(
    ("variables", "tasks"),
    [
        ({"SLURM_STEP_TASKS_PER_NODE": "1(x2)"}, 1),
        ({"SLURM_STEP_TASKS_PER_NODE": "8,1", "SLURM_NODEID": "1"}, 1),
        ({"SLURM_STEP_TASKS_PER_NODE": "4(x2),1", "SLURM_NODEID": "2"}, 1),
        ({"SLURM_STEP_TASKS_PER_NODE": "", "SLURM_NTASKS_PER_NODE": "1"}, 1),
        ({"SLURM_STEP_TASKS_PER_NODE": ""}, 2),  # 4 tasks on 2 nodes
    ],
)
def test_slurms_tasks_on_this_node(variables, tasks):
    assert cluster.place(SLURM | variables).tasks == tasks


def test_open_mpi():
    """It tells all but the coordinator; on one node, and within a SLURM job, that is known."""
    several = cluster.place(OPEN_MPI)
    assert several == Place(None, 8, 5, tasks=4, rank=1)
    alone = cluster.place(OPEN_MPI | {"OMPI_COMM_WORLD_LOCAL_SIZE": "8"})
    assert alone.coordinator.startswith("127.0.0.1:6")
    other = cluster.place(OPEN_MPI | {"OMPI_COMM_WORLD_LOCAL_SIZE": "8", "PMIX_NAMESPACE": "prterun-n1-78@1"})
    assert other.coordinator != alone.coordinator
    within = cluster.place(OPEN_MPI | SLURM | {"SLURM_JOB_NODELIST": "n[007-010]", "SLURM_PROCID": "0"})
    assert within == several._replace(coordinator="n007:61443")  # not SLURM's numbers, which are of mpirun's own tasks


def test_kubernetes_and_nothing():
    assert cluster.place({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JOB_COMPLETION_INDEX": "2"}) == Place(process=2)
    assert cluster.place({}) == Place()


@pytest.mark.parametrize(
    ("gpus", "tasks", "rank", "share"),
    [
        (8, 1, 0, None),  # one task a node: all, of which JAX would take one
        (8, 8, 3, [3]),  # one a GPU
        (8, 2, 1, [4, 5, 6, 7]),
        (1, 8, 3, None),  # --gpus-per-task=1: it sees one, whose number is 0
        (0, 8, 3, [3]),  # not to be counted
        (0, 1, 0, None),
        (8, None, 0, None),  # no scheduler
    ],
)
def test_the_gpus_of_a_task(gpus, tasks, rank, share):
    assert cluster.share(gpus, Place("n:1", 16, 0, tasks, rank)) == share


def test_gpus_that_would_stand_idle():
    with pytest.raises(InputError, match=r"8 GPUs are not equal shares for 3 tasks on .*--local_devices"):
        cluster.share(8, Place("n:1", 3, 0, 3, 0))
    with pytest.raises(InputError, match=r"shows 8 GPUs and JAX uses its cpu: .*idle.* JAX_PLATFORMS=cpu"):
        cluster.check_used(8, None, "cpu", 1)
    with pytest.raises(InputError, match=r"JAX uses 1 of 8 GPUs on .*: the others would stand idle"):
        cluster.check_used(8, None, "gpu", 1)
    cluster.check_used(8, None, "gpu", 8)
    cluster.check_used(8, [0], "gpu", 1)  # as was asked for
    cluster.check_used(0, None, "cpu", 1)


def test_gpus_that_are_to_be_seen(tmp_path):
    for name in ("0000:07:00.0", "0000:0a:00.0"):
        (tmp_path / name).mkdir()
    assert cluster.visible_gpus({}, tmp_path) == 2
    assert cluster.visible_gpus({}, tmp_path / "none") == 0
    assert cluster.visible_gpus({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path) == 1
    assert cluster.visible_gpus({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == 0
    assert cluster.visible_gpus({"CUDA_VISIBLE_DEVICES": "0,-1,1"}, tmp_path) == 1
    assert cluster.visible_gpus({"JAX_PLATFORMS": "cpu"}, tmp_path) == 0
    assert cluster.visible_gpus({"JAX_PLATFORMS": "cuda,cpu"}, tmp_path) == 2

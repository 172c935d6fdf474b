"""What JAX itself finds out of a cluster: on TPU pods, under Kubernetes with its Python package, under Open MPI 4.

The one file that knows JAX's own names for that, which are not public.
"""

from gan_jax.errors import InputError
from gan_jax.hosts.cluster import Place


def complete(place: Place, seconds: int) -> Place:
    """The place with what is missing as JAX detects it; what JAX does not know either stays None."""
    try:
        from jax._src.clusters import ClusterEnv

        found = ClusterEnv.auto_detect_unset_distributed_params(*place[:3], [], None, seconds)
    except Exception as error:  # of another JAX, a metadata server, a Kubernetes API
        raise InputError(f"JAX cannot find the other hosts: {error} Say where they are: {FLAGS}.") from error
    return place._replace(coordinator=found[0], processes=found[1], process=found[2])


FLAGS = "--coordinator=HOST:PORT --num_processes=N --process_id=I"

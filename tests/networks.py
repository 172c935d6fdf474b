"""What the tests of networks share: variables that hide nothing, and how many parameters there are."""

import jax
import jax.numpy as jnp
import numpy as np

KEY = jax.random.key(0)
BATCH, LATENT = 4, 8
LABELS = jnp.array([0, 1, 2, 0])
COLLECTIONS = ["batch_stats", "spectral"]


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def shapes(module, *inputs):
    """The variables and outputs of a network in training, without computing anything."""

    def run(*inputs):
        variables = module.init(KEY, *inputs, train=True)
        outputs, state = module.apply(variables, *inputs, train=True, mutable=COLLECTIONS)
        assert jax.tree.structure(state) == jax.tree.structure({k: v for k, v in variables.items() if k != "params"})
        return variables, outputs

    return jax.eval_shape(run, *inputs)


def draw(module, *inputs):
    """Variables without anything at zero or one, so that every path through the network shows."""
    random = np.random.default_rng(0)
    variables = shapes(module, *inputs)[0]
    fan_in = lambda x: np.prod(x.shape[:-1] or (1,))  # noqa: E731
    drawn = {
        name: jax.tree.map(lambda x: jnp.asarray(random.normal(size=x.shape) / np.sqrt(fan_in(x)), jnp.float32), tree)
        for name, tree in variables.items()
    }
    if "batch_stats" in drawn:
        drawn["batch_stats"] = jax.tree.map(lambda x: jnp.abs(x) + 0.5, drawn["batch_stats"])
    return drawn


def init(network, *inputs):
    """Its variables, compiled as a whole: op by op it takes half a minute."""
    return jax.jit(lambda key, *inputs: network.init(key, *inputs, train=True))(KEY, *inputs)


def count(variables):
    return sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))


def conv_count(inputs, outputs, window=3):
    return window**2 * inputs * outputs + outputs


def second_order(network, variables, images, label):
    """The gradient of R1, which is a gradient itself, with respect to the parameters."""
    rest = {name: tree for name, tree in variables.items() if name != "params"}

    def penalty(params):
        logits = lambda images: network.apply({"params": params, **rest}, images, label, train=False).sum()  # noqa: E731
        return (jax.grad(logits)(images) ** 2).sum()

    return jax.jit(jax.grad(penalty))(variables["params"])


def seen_by(network, variables, images, label):
    """[i, j]: how much the logit of example i changes with image j."""
    logits = lambda images: network.apply(variables, images, label, train=False)  # noqa: E731
    jacobian = jax.jit(jax.jacrev(logits))(images)
    return np.abs(jacobian).reshape(len(images), len(images), -1).max(axis=-1)

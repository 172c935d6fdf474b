"""The rooms of the package in which the sections of a config look up their names."""

# By the name of the section; one inside another, of a name that does not stand here, inherits its package.
PACKAGES = {
    "against": "gan_jax.losses",
    "augment": "gan_jax.data.augment",
    "derive": "gan_jax.data.derive",
    "evals": "gan_jax.evaluation.evals",
    "features": "gan_jax.features",
    "frozen": "gan_jax.frozen",
    "game": "gan_jax.losses",
    "held_out": "gan_jax.data.sources",
    "learning_rate": "optax",
    "likelihood": "gan_jax.losses.likelihoods",
    "losses": "gan_jax.losses",
    "network": "gan_jax.nets",
    "objective": "gan_jax.objectives",
    "optimizer": "optax",
    "pipeline": "gan_jax.data.augment",
    "reward": "gan_jax.losses.rewards",
    "schedule": "optax",
    "source": "gan_jax.data.sources",
    "tokenizer": "gan_jax.data.tokenizers",
}

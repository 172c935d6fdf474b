"""Every public name of optax, as an optimizer and as a schedule: it works, or is refused with its section's key."""

import inspect
import warnings
from typing import Any

import experiments
import jax
import jax.numpy as jnp
import optax
import optax.contrib
import pytest

from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.training import assembly, optimizers
from gan_jax.training import step as steps

OF_CONTRIB = [f"contrib.{name}" for name in sorted(dir(optax.contrib)) if not name.startswith("_")]
NAMES = [name for name in sorted(dir(optax)) if not name.startswith("_")] + OF_CONTRIB
# What is given for parameters of these names.
PLAUSIBLE = dict(
    learning_rate=0.01,
    init_value=0.1,
    peak_value=0.2,
    end_value=0.01,
    value=0.1,
    decay_rate=0.5,
    decay_steps=100,
    warmup_steps=10,
    transition_steps=20,
    power=2,
    cosine_kwargs=(dict(init_value=0.1, peak_value=0.2, warmup_steps=1, decay_steps=5),),
)
WORKING = {
    *("adabelief", "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamaxw", "adamw", "adan", "amsgrad"),
    *("fromage", "lamb", "lars", "lion", "nadam", "nadamw", "noisy_sgd", "novograd", "optimistic_adam"),
    *("optimistic_adam_v2", "optimistic_gradient_descent", "radam", "rmsprop", "rprop", "sgd", "sign_sgd", "signum"),
    *("sm3", "yogi", "contrib.acprop", "contrib.ademamix", "contrib.adopt", "contrib.cocob", "contrib.dadapt_adamw"),
    *("contrib.dog", "contrib.dowg", "contrib.galore", "contrib.madgrad", "contrib.muon", "contrib.prodigy"),
    *("contrib.schedule_free", "contrib.schedule_free_adamw", "contrib.schedule_free_sgd"),
    "contrib.simplified_ademamix",
}
SCHEDULES = {
    *("constant_schedule", "cosine_decay_schedule", "cosine_onecycle_schedule", "exponential_decay"),
    *("linear_onecycle_schedule", "linear_schedule", "polynomial_schedule", "sgdr_schedule"),
    *("warmup_constant_schedule", "warmup_cosine_decay_schedule", "warmup_exponential_decay_schedule"),
}


def section(name: str, **more: Any) -> dict[str, Any]:
    """A section of that name with plausible values for what has no default, and a learning rate."""
    target = optax
    for part in name.split("."):
        target = getattr(target, part)
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):  # a module or a type
        parameters = ()
    asked = [p.name for p in parameters if p.default is p.empty or p.name == "learning_rate"]
    return {"name": name, **{name: PLAUSIBLE[name] for name in asked if name in PLAUSIBLE}, **more}


def resolved(optimizer: dict[str, Any]) -> dict[str, Any]:
    return schema.resolve_config(experiments.vae(autoencoder__optimizer=optimizer))


@pytest.fixture(scope="module")
def facts():
    return experiment.make_facts(experiment.make_data(resolved(dict(name="sgd", learning_rate=0.1))))


def try_on_shapes(optimizer: dict[str, Any]) -> None:
    """An update of some parameters, after which the optimizer's memory has the shapes that it had before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of noisy_sgd, which has no key
        made = optimizers.make(resolved(optimizer)["autoencoder"], "autoencoder")
        params = {"kernel": jnp.zeros((3, 4)), "bias": jnp.zeros(4)}
        state = jax.eval_shape(made.init, params)
        updates, after = jax.eval_shape(made.update, params, state, params)
    assert jax.tree.map(jnp.shape, updates) == jax.tree.map(jnp.shape, params)
    assert after == state


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_an_optimizer_or_is_refused(name):
    more = {"base_optimizer": dict(name="sgd", learning_rate=0.01)} if name == "contrib.schedule_free" else {}
    if name in WORKING:
        try_on_shapes(section(name, **more))
        return
    try:
        try_on_shapes(section(name, **more))
    except InputError as error:
        key, _, reason = str(error).partition(" = " if ".name = " in str(error) else ": ")
        assert key.removesuffix(".name") == "autoencoder.optimizer"
        wanted = ("is no optimizer", "part of an optimizer", "cannot be used: ", "module without make", "the loss, and")
        assert any(words in reason for words in wanted)
    # else optax has a new optimizer, and it works


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_schedule_or_is_refused(name):
    rate = section(name)
    if name in SCHEDULES:
        try_on_shapes(dict(name="adam", learning_rate=rate))
        return
    try:
        try_on_shapes(dict(name="adam", learning_rate=rate))
    except InputError as error:
        assert str(error).startswith(f"autoencoder.optimizer.learning_rate.name = {name!r} ")
        wanted = ("is no schedule. ", "cannot be used: ", "is a module without make. ")
        assert any(words in str(error) for words in wanted)


def test_parts_of_optimizers_are_never_taken_for_one():
    """A `scale_by_adam` alone would walk up the gradient."""
    for name in [name for name in NAMES if name.rpartition(".")[2].startswith("scale_by_")]:
        for written in (name, f"optax:{name}"):
            with pytest.raises(InputError, match=r"is a part of an optimizer|it needs the value of the loss"):
                resolved(dict(name=written))


def told(optimizer: Any, facts: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        assembly.dry_run(resolved(optimizer), facts)
    return str(caught.value)


def adam(**learning_rate: Any) -> dict[str, Any]:
    return dict(name="adam", learning_rate=learning_rate)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (
            adam(**section("warmup_cosine_decay_schedule", warmup_steps=10, decay_steps=5)),
            "autoencoder.optimizer.learning_rate: warmup_steps = 10 should be below decay_steps = 5, in which",
        ),
        (
            adam(name="cosine_decay_schedule", init_value=0.1, decay_steps=-5),
            "autoencoder.optimizer.learning_rate: cosine_decay_schedule cannot be made of these settings: The cosine",
        ),
        (
            adam(name="piecewise_constant_schedule", init_value=0.1, boundaries_and_scales={"100": 0.1}),
            "autoencoder.optimizer.learning_rate.name = 'piecewise_constant_schedule' cannot be used: its dict has "
            "whole numbers for keys, which those of a config cannot be; name gan_jax.schedules:piecewise_constant. ",
        ),
        (
            dict(name="adam", learning_rate=0.1, mu_dtype="float33"),
            "autoencoder.optimizer: adam cannot be made of these settings: data type 'float33' not understood",
        ),
        (
            dict(name="lbfgs"),
            "autoencoder.optimizer: lbfgs is given gradients and parameters, nothing else such as the loss, and fails",
        ),
        (dict(name="polyak_sgd"), "autoencoder.optimizer.name = 'polyak_sgd' cannot be used: it needs the value of th"),
        (dict(name="contrib.sam"), "autoencoder.optimizer.name = 'contrib.sam' cannot be used: it needs two gradients"),
        (
            dict(name="chain"),
            "autoencoder.optimizer.name = 'chain' is a part of an optimizer, not a whole one. Name one that takes a "
            "learning_rate, such as 'adam', or a function of your own, module:attribute, that puts parts of optax "
            "together.",
        ),
        (dict(name="l2_loss"), "autoencoder.optimizer.name = 'l2_loss' is no optimizer. Name one that takes"),
        (
            dict(name="adamw", learning_rate=0.1, mask=dict(kernel=True)),
            "autoencoder.optimizer: adamw cannot begin with the parameters of this network: ",
        ),
        (
            dict(name="builtins:dict"),
            "autoencoder.optimizer: builtins:dict should return an optax.GradientTransformation, not {}.",
        ),
    ],
)
def test_what_is_told(optimizer, message, facts):
    assert told(optimizer, facts).startswith(message)


@pytest.mark.parametrize("name", ["contrib.muon", "contrib.schedule_free_sgd"])
def test_a_whole_experiment_takes_it(name, facts):
    assembly.dry_run(resolved(section(name)), facts)


def test_a_type_goes_by_its_name(facts):
    config = resolved(dict(name="adam", learning_rate=0.01, mu_dtype="bfloat16"))
    turns = assembly.make_turns(config)
    params = {"x": jnp.ones(3)}
    memory = turns["autoencoder"].optimizer.init(params)
    assert optax.tree.get(memory, "mu")["x"].dtype == jnp.bfloat16


@pytest.mark.parametrize("name", ["contrib.muon", "adadelta", "rprop"])
def test_it_walks_down(name):
    """Of x^2 + y^2, in some updates of the step's own kind."""
    optimizer = optimizers.make(resolved(section(name))["autoencoder"], "autoencoder")
    params = {"x": jnp.ones((3, 2)), "y": -jnp.ones(3)}
    state = optimizer.init(params)

    @jax.jit
    def update(params, state):
        gradient = jax.tree.map(lambda x: 2 * x, params)
        updates, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(5):
        params, state = update(params, state)
    assert steps.all_finite(params)
    assert optax.tree.norm(params) < 3.0

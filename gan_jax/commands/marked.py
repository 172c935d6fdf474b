"""What `sample` writes into its files of where they come from."""

from collections.abc import Iterator

from gan_jax import ranges
from gan_jax.commands.plan import Plan
from gan_jax.provenance.marks import asked_with_pictures, marks


def common(plan: Plan) -> dict[str, str]:
    """What is true of all outputs: what they are, the run, and how it was asked."""
    columns = plan.sampler.conditions(plan.draw).values()
    first = next(iter(plan.sampler.objective.draws))
    asked = {name: str(value) for name, value in plan.options.items()}
    asked |= {} if plan.draw == first else {"draw": plan.draw}
    return asked | marks(plan.sampler.origin, composite=bool(plan.sources) or asked_with_pictures(columns))


def each(plan: Plan) -> Iterator[dict[str, str]]:
    """What there is to say of every output by itself."""
    shared = common(plan)
    for number, seed in enumerate(plan.seeds):
        own = {"seed": str(seed)}
        if plan.labels is not None:
            own["label"] = str(plan.labels[number])
        if plan.sources:
            own["source"] = plan.sources[number]
        own |= {name: str(values[number]) for name, values in plan.notes.items()}
        yield shared | own


def together(plan: Plan) -> dict[str, str]:
    """What there is to say of a file that holds all outputs: which seeds, labels and texts are among them."""
    labels = {} if plan.labels is None else {"labels": ranges.written(plan.labels)}
    texts = {name: "; ".join(dict.fromkeys(x)) for name, x in plan.notes.items() if x.dtype.kind == "U"}
    return common(plan) | {"seeds": ranges.written(plan.seeds)} | labels | texts

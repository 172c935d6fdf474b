"""How nearly each factor of the data is one number of the code that a model finds."""

from collections.abc import Iterator

from gan_jax.control import known
from gan_jax.control.spaces import TO
from gan_jax.evaluation.comparison import Value
from gan_jax.evaluation.examples import Examples
from gan_jax.metrics import disentanglement as metrics
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler


def disentanglement(sampler: Sampler, examples: Examples, progress: bool = False) -> Iterator[Value]:
    """MIG, SAP, DCI and FactorVAE's score of the means of z, for data with a column `factors`.

    Definitions of `gan_jax.metrics.disentanglement`; they are made for 10,000 examples.
    """
    codes, factors = known.encoded(sampler, f"{TO}z", examples.data, examples.chosen, "disentanglement", progress)
    flat = metrics.checked_codes(codes.reshape(len(codes), -1), factors)
    yield Value("mig", Estimate(metrics.mutual_information_gap(flat, factors)))
    yield Value("sap", Estimate(metrics.separated_attribute_predictability(flat, factors)))
    yield Value("factor_vae_score", Estimate(metrics.factor_vae_score(flat, factors)))
    for name, value in metrics.dci(flat, factors)._asdict().items():
        yield Value(f"dci_{name}", Estimate(value))

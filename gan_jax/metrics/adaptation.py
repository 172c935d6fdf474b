"""What a generator that was adapted to a few examples still has: variety of its own, and the order of its source."""

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import rankdata

from gan_jax.metrics.distances import nearest
from gan_jax.metrics.samples import Estimate, Features, checked_pair, same_size


def intra_cluster_distance(examples: Features, fake: Features) -> Estimate:
    """How far apart images are that lie nearest to the same example (Ojha et al. 2021, section 4), 0 of copies.

    The mean squared distance of all pairs of a cluster, averaged over the clusters with two images at least; the
    deviation is that over clusters. In features whose squared distance is LPIPS it is the paper's intra-LPIPS.
    """
    examples, fake = checked_pair(examples, fake, at_least=1)
    cluster = nearest(fake, examples, 1).index[:, 0]
    values = []
    for number in np.unique(cluster):
        members = fake[cluster == number].astype(np.float64)
        if len(members) > 1:
            values.append(2 * np.square(members - members.mean(axis=0)).sum() / (len(members) - 1))
    if not values:
        return Estimate(float("nan"))
    return Estimate(float(np.mean(values)), float(np.std(values) / np.sqrt(len(values))))


def rank_correlation(before: Features, after: Features) -> Estimate:
    """Spearman's correlation of the distances of all pairs of images before and after, row i of both of one seed.

    1 where the adapted model keeps the order of its source, 0 where a seed means nothing any more.
    """
    before, after = checked_pair(before, after, at_least=3)
    same_size(len(before), len(after))
    ranks = [rankdata(pdist(x.astype(np.float64))) for x in (before, after)]
    return Estimate(float(np.corrcoef(*ranks)[0, 1]))

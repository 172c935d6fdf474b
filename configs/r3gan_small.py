"""R3GAN's game (Huang et al. 2024) for a laptop: relativistic pairs, on networks that two cores train fast.

python train.py --config=configs/r3gan_small.py
For classes: --config.objective.conditional=True. The penalty is R1 at every fourth step where the paper has R1 and R2
at each.
Hardware: one core of an Intel Xeon, about 25 minutes.

Measured by benchmarks/equal_time.py: Fashion-MNIST, class-conditional, 54,000 training images, 600 s of processor time
on one core (AVX-512) that was shared, compilation included; 5,000 samples against 5,000 held-out images, a classifier
of accuracy .928:
  recipe                                       seed  fd     precision  recall  coverage  accuracy
  this                                         0     8.9    .829       .697    .851      .916
  this, with batches of 32                     0     7.9    .813       .711    .867      .923
  this, with batches of 32                     1     12.8   .765       .678    .785      .936
  this, with R2 at every fourth step           0     10.9   .785       .703    .790      .914
  configs/quickstart.py, for Fashion-MNIST     0     12.2   .864       .739    .883      .919
  the same, with batches of 32                 0     9.7    .855       .750    .893      .927
  configs/stylegan2_small.py                   0     82.8   .895       .047    .442      .873
  (5,000 training images)                            2.2    .885       .873    .970
So its distance is .73 and .82 of the other's, and it misses more of what there is (recall); but seeds differ by more
than that, and three of each have not been run. The paper's own networks, made as small (width 32, max_width 64, one
block, expansion 1, patches of 2x2, R1 and R2 at each step, 0.5 falling to 0.05), had an fd
of 78.2 and a recall of .002, at 414 images/s of processor time where this has 433; with six times the penalty 91.6, and
with twice the penalty and a generator of single pixels 86.8, both after 400 s. Why they lack variety is not known.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=10_000, batch_size=64))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="gan", latent_size=64)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99)
    config.generator = dict(
        network=dict(name="resnet.Generator", width=16, max_width=64),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired")),
    )
    config.discriminator = dict(
        network=dict(
            name="dcgan.Discriminator",
            width=32,
            normalization="none",
            minibatch_stddev=4,
            hidden=256,
            initializer="he",
        ),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="relativistic_paired"), r1=dict(name="r1", weight=0.3, every=4)),
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.checkpoint = dict(every=1000)
    config.report = dict(every=100, samples_every=1000)
    return config

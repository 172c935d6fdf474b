"""R3GAN's game (Huang et al. 2024) for a laptop: relativistic pairs, on networks that two cores train fast.

python train.py --config=configs/r3gan_small.py
For classes: --config.objective.conditional=True. The penalty is R1 at every fourth step where the paper has R1 and R2
at each.
Hardware: one core of an Intel Xeon, about 25 minutes.

Measured by benchmarks/equal_time.py, 600 s of processor time on one core (AVX-512), compilation included.

CIFAR-10 (JPEG copy), 36,000 training images, no classes; 4,000 samples against 4,000 held-out images, SqueezeNet:
  recipe                                       seed  fd     precision  recall  coverage  images
  this                                         0     379    .791       .068    .732      175,000
  configs/quickstart.py, for Fashion-MNIST     0     653    .785       .013    .546      172,000
  the same, with batches of 32                 0     393    .828       .051    .738      164,000
  configs/dcgan.py, with batches of 64         0     1,049  .734       .006    .397      166,000
  configs/sngan.py                             0     5,285  .001       0       .001      2,560
  (4,000 training images)                            34     .751       .732    .973

Fashion-MNIST, class-conditional, 54,000 training images, a core that was shared; 5,000 samples against 5,000 held-out
images, a classifier of accuracy .928:
  recipe                                       seed  fd     precision  recall  coverage  accuracy
  this                                         0     7.9    .813       .711    .867      .923
  this                                         1     12.8   .765       .678    .785      .936
  this, with batches of 64                     0     8.9    .829       .697    .851      .916
  with batches of 64, R2 at every fourth step  0     10.9   .785       .703    .790      .914
  configs/quickstart.py, for Fashion-MNIST     0     12.2   .864       .739    .883      .919
  the same, with batches of 32                 0     9.7    .855       .750    .893      .927
  configs/stylegan2_small.py                   0     82.8   .895       .047    .442      .873
  (5,000 training images)                            2.2    .885       .873    .970
Most of what is gained is gained by the batch: against batches of 32, the game of pairs is .96 and .82 of the other's
distance, which is less than seeds differ by; three of each have not been run.

The paper's own networks, made as small (width 32, max_width 64, one block, expansion 1, patches of 2x2, R1 and R2 at
each step, 0.5 falling to 0.05), had an fd of 78.2 and a recall of .002 there, at about as many images a second; with
six times the penalty 91.6, and with twice the penalty and a generator of single pixels 86.8, after 400 s. Each of the
two costs a part of it: in this recipe with batches of 64, after 400 s,
  its minibatch standard deviation left out    0     14.6   .816       .680    .818      .903
  their generator in the place of its own      0     38.0   .877       .217    .701      .867
  their discriminator in the place of its own  0     25.6   .820       .488    .723      .902
Why was not measured. Their blocks begin as the identity, and the generator has no normalisation; the paper gives them
250 million images, and here they see 140,000 to 300,000.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=15_000, batch_size=32))
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

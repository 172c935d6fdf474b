"""Class-conditional GAN on scikit-learn's handwritten digits.

python train.py --config=configs/quickstart.py
Hardware: two CPU cores, about a minute.

Measured: seeds 0, 1, 2; seed 0 took 35 s on two cores of an AMD EPYC with compilation. In pixels, samples of the
average, by benchmarks/quickstart_quality.py: an SVC reads 2,000 (seeds 0-1999) with accuracy .997, .996, .999 (real
held-out digits: .989); 1,437 have coverage (k = 5) of 360 held-out digits .975, .981, .989 times the training split's,
and recall (k = 3) .65, .68, .66 times; the median distance to the nearest training digit is 1.08 (held-out
digits: 1.03).

Fashion-MNIST (50,000 images), with a deeper and slimmer generator:
  --config.data.source=npz --config.data.source.path=FILE --config.data.source.split="[:50000]" --config.evals="{}"
  --config.generator.network=resnet.Generator
  --config.generator.network.width=16 --config.generator.network.max_width=64
  --config.discriminator.network.width=32 --config.discriminator.losses.r1.weight=0.3 --config.ema.half_life=20000
Measured: seed 0; fd_classifier of 5,000 samples against 5,000 held-out images 24.3, 12.3, 6.4, 5.1 after 2,500, 5,000,
7,500, 10,000 steps (5,000 training images: 1.9), where the classifier, of accuracy .934 on held-out images, finds the
class asked for in .895, .927, .934, .935 of the samples; coverage after 10,000 steps .917 (training images: .970).
10,000 steps took 19 minutes of processor time on one core, which was shared: 29 minutes in all.

With relativistic pairs (Huang et al. 2024) and a penalty at every fourth step:
  --config.generator.losses.adversarial.name=relativistic_paired
  --config.discriminator.losses.adversarial.name=relativistic_paired --config.discriminator.losses.r1.every=4
Measured by benchmarks/equal_time.py, seed 0, 600 s of processor time on one core (AVX-512), compilation included;
54,000 training images, 5,000 samples against 5,000 held-out images, a classifier of accuracy .928:
  recipe                         fd     precision  recall  coverage  accuracy
  as above                       16.6   .856       .725    .863      .911
  with batches of 32             15.8   .846       .747    .862      .925
  relativistic, r1.every=4       12.2   .818       .677    .827      .910
  (5,000 training images)         2.2   .885       .873    .970
On AVX2 (AMD EPYC, shared; .925), where 600 s are half as many images, the first recipe's row is 22.3 .830 .705 .798
.884; relativistic pairs with batches of 32 and a cosine_decay_schedule from 1e-3 to 5e-5 over 4,300 steps have 21.2
.751 .685 .699 .880, so they are no better for short runs.
With the first recipe's dcgan.Generator (width=64, max_width=256), batches of 32 and these losses the fd is 24.0: the
deeper generator is worth its time.
"""

from ml_collections import ConfigDict


def get_config():
    config = ConfigDict(dict(seed=0, steps=3500, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="digits", split="train"))
    config.objective = dict(name="gan", latent_size=64, conditional=True)
    optimizer = dict(name="adam", learning_rate=1e-3, b1=0.5, b2=0.99)
    config.generator = dict(
        network=dict(name="dcgan.Generator", width=256, initializer="he"),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating")),
    )
    config.discriminator = dict(
        network=dict(
            name="dcgan.Discriminator",
            width=128,
            normalization="none",
            minibatch_stddev=4,
            hidden=256,
            initializer="he",
        ),
        optimizer=optimizer,
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.1)),
    )
    config.ema = dict(half_life=9000, ramp_up=0.05)
    metrics = ("fd", "precision_recall", "density_coverage")
    config.evals = dict(pixels=dict(name="comparison", metrics=metrics, features="pixels", held_out="rest"))
    config.checkpoint = dict(every=1000)
    config.report = dict(every=50, samples_every=500)
    return config

"""A hierarchical VAE (VDVAE, Child 2021) of eight stochastic layers, for a laptop.

python train.py --config=configs/vdvae_small.py
Hardware: one core of an AMD EPYC, about 45 minutes, and three to compile.

Measured: CIFAR-10, compressed as JPEG once, 36,000 images, seed 0; the lower bound of 1,000 of 4,000 held-out images,
by the average: 4.57 ± .02 bits per dimension after 1,659 steps, 19 minutes of one core that was shared, with
compilation; still falling. Beside it the plain VAE with a likelihood that can be compared, 16 latents: 6.78 ± .02 after
5,321 steps, 10 minutes, hardly falling: VDVAE is 33 % below. What it draws so early has colours and textures, and no
things. Its layers then began sqrt(3) times as large as the authors' do and these do; after 700 steps, the training
bound of both is 5.33. By
python train.py --config=configs/vdvae_small.py --config.data.source=npz --config.data.source.path=FILE.npz
  --config.data.source.split="all[:90%]"
and configs/vae.py with --config.objective.likelihood=discretized_logistic; then gan-jax metrics run:RUN
  --metrics=evidence_lower_bound --num=1000

Fashion-MNIST, 54,000 images of 28x28, seed 0, with four sizes (encoder_blocks (1,2,2,1), decoder_blocks (1,3,3,1), and
weights of 1/784): 3.36 ± .03 bits after 3,138 steps, 40 minutes of a core that was shared, still falling by .02 in five
minutes; a plain VAE of 32 latents 3.39 ± .03 after 4,784 steps, 12 minutes. So early it is level there: it has seen
100,000 images and the other 306,000, and its finest layer says .7 of its 124 nats.
"""

from ml_collections import ConfigDict

VALUES = 32 * 32 * 3  # of an image: the loss is nats for each, which the bound on the gradient's norm is for


def get_config():
    config = ConfigDict(dict(seed=0, steps=6000, batch_size=32))
    config.data = dict(source=dict(name="sprites"), resolution=(32, 32))
    config.objective = dict(name="hierarchical_vae", likelihood=dict(name="discretized_logistic_mixture", components=5))
    config.autoencoder = dict(
        network=dict(
            name="hierarchical.VDVAE",
            width=64,
            encoder_blocks=(1, 1, 2, 2, 1),
            decoder_blocks=(1, 2, 2, 2, 1),
            latent_channels=8,
        ),
        optimizer=dict(name="adamw", learning_rate=1e-3, b1=0.9, b2=0.9, weight_decay=0.01),
        losses=dict(
            reconstruction=dict(name="negative_log_likelihood", weight=1 / VALUES),
            kl=dict(name="kl_by_level", weight=1 / VALUES),
        ),
        clip_norm=200.0,
    )
    config.ema = dict(half_life=20_000, ramp_up=0.05)
    config.evals = dict(bound=dict(name="evidence_lower_bound", every=2000))
    config.checkpoint = dict(every=2000)
    config.report = dict(every=100, samples_every=2000)
    return config

"""Whether a source's examples are of JPEG files."""

from gan_jax.data.sources import Source

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
START = b"\xff\xd8\xff"  # the first bytes of a file


def is_jpeg(source: Source, i: int) -> bool:
    """As the source says it itself (`is_jpeg`), or by the file's name; False where neither is known."""
    if hasattr(source, "is_jpeg"):
        return source.is_jpeg(i)
    names = getattr(source, "names", ())
    return len(names) == len(source) and str(names[i]).lower().endswith(SUFFIXES)


def has_jpeg(source: Source) -> bool:
    """Whether any is."""
    return any(is_jpeg(source, i) for i in range(len(source)))

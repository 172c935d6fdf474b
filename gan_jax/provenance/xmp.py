"""Marks as XMP (ISO 16684-1), the metadata that programs for pictures read, whatever the format of the file."""

from collections.abc import Mapping
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from gan_jax.errors import printable
from gan_jax.provenance.marks import SOURCE_TYPE

PNG_KEYWORD = "XML:com.adobe.xmp"  # of the text of a PNG that is a packet
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
XMP = "http://ns.adobe.com/xap/1.0/"
OURS = "urn:gan-jax:sample#"
ELSEWHERE = {SOURCE_TYPE: f"{{{IPTC}}}{SOURCE_TYPE}", "Software": f"{{{XMP}}}CreatorTool"}  # names that all know

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}"><rdf:Description rdf:about=""
 xmlns:Iptc4xmpExt="{iptc}" xmlns:xmp="{xmp}" xmlns:gan_jax="{ours}"
 {properties}/></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_PREFIXED = {SOURCE_TYPE: f"Iptc4xmpExt:{SOURCE_TYPE}", "Software": "xmp:CreatorTool"}


def packet(marks: Mapping[str, str]) -> bytes:
    """The marks as a packet of XMP; those that no standard has a name for are in a namespace of the package's own."""
    pairs = ((_PREFIXED.get(key, f"gan_jax:{key}"), quoteattr(printable(value))) for key, value in marks.items())
    properties = "\n ".join(f"{name}={value}" for name, value in pairs)
    return _PACKET.format(rdf=RDF, iptc=IPTC, xmp=XMP, ours=OURS, properties=properties).encode()


def parse(data: bytes) -> dict[str, str]:
    """The marks in a packet, as attributes or elements; what else it says is left out.

    Raises:
        ValueError: it is no XMP, or declares entities, which XMP never does and which can unfold without end.
    """
    if b"<!" in data:
        raise ValueError("its XMP has declarations, which XMP does not have")
    try:
        tree = ElementTree.fromstring(data.decode().strip("\x00 \n\ufeff"))
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise ValueError(f"its XMP cannot be read: {error}") from error
    said: dict[str, str] = {}
    for description in tree.iter(f"{{{RDF}}}Description"):
        said |= description.attrib | {child.tag: child.text or "" for child in description if not len(child)}
    known = {key: said[name] for key, name in ELSEWHERE.items() if name in said}
    return known | {name.removeprefix(f"{{{OURS}}}"): value for name, value in said.items() if f"{{{OURS}}}" in name}

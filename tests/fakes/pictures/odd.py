"""Pictures with a second nature, strange colours, or much to tell."""

import io
import struct
import zipfile

import numpy as np
from PIL import Image, ImageCms

from tests.fakes.pictures.bombs import saved

PLACE = "52.520008 N 13.404954 E"
TOLD = [b"Exif", b"http://ns.adobe.com", b"<x:xmpmeta", b"ICC_PROFILE", b"Photoshop", b"GPS", b"Rosa", PLACE.encode()]
"""What files say of where they come from, and pictures shown to workers must not."""


def photograph(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """Smooth noise, different for each seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def jpeg(seed: int, **options: object) -> bytes:
    return saved(photograph(seed), "JPEG", quality=90, **options)


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr("payload.class", b"\xca\xfe\xba\xbe")
    return buffer.getvalue()


def jpeg_and_zip(seed: int) -> bytes:
    return jpeg(seed) + archive()


def jpeg_and_html(seed: int) -> bytes:
    return jpeg(seed, comment=b"<script>alert(1)</script><!--")


def gif_and_jar(seed: int) -> bytes:
    return saved(photograph(seed).convert("P"), "GIF") + archive()


def png_and_php(seed: int) -> bytes:
    return saved(photograph(seed), "PNG") + b"<?php system($_GET['a']); ?>"


def telling(seed: int, orientation: int = 6) -> bytes:
    """A JPEG that tells who made it, where and with what, held sideways."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x010E] = orientation, "Rosa Rossi", "at home"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0), 29: "2014:05:31"})
    exif.get_ifd(0x8769).update({0x9003: "2014:05:31 14:05:00", 0x9286: b"ASCII\0\0\0" + PLACE.encode()})
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a creator="Rosa" place="{PLACE}"/></x:xmpmeta>'.encode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    whole = jpeg(seed, exif=exif, icc_profile=profile, xmp=xmp, comment=b"Rosa")
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x04Rosa"
    return whole[:2] + b"\xff\xed" + struct.pack(">H", len(photoshop) + 2) + photoshop + whole[2:]


def cmyk(ink: tuple[int, int, int, int], *, with_adobe: bool = True, with_profile: bool = False) -> bytes:
    """A JPEG of one ink, as presses have it: inverted, with Adobe's mark or without."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if with_profile else None
    whole = saved(Image.new("CMYK", (120, 90), ink), "JPEG", quality=95, icc_profile=profile)
    at = whole.index(b"\xff\xee")
    length = struct.unpack(">H", whole[at + 2 : at + 4])[0] + 2
    return whole if with_adobe else whole[:at] + whole[at + length :]


def sixteen_bits() -> bytes:
    """A ramp from black to white."""
    ramp = np.linspace(0, 65535, 120).astype(np.uint16)
    return saved(Image.fromarray(np.tile(ramp, (90, 1))), "PNG")


def animated() -> bytes:
    frames = [photograph(seed).convert("P") for seed in (1, 2)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def phone_photograph(seed: int) -> bytes:
    """A JPEG with a second one inside (MPO)."""
    return saved(photograph(seed), "MPO", save_all=True, append_images=[photograph(seed + 1)])

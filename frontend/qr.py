"""Addresses as QR codes: from a paper or a screen to a phone."""

import segno


def qr_code(address: str) -> str:
    """A picture of the address, as a data URL for `img`."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=2, dark="#191a1c", light="#ffffff"))

"""The picture of a photo, from the servers that Flickr has for them."""

from annotation.sources.downloads import read_url


def read_picture(url: str) -> bytes:
    """What lies at the address. In place of a removed photo Flickr leads to a picture that says so, of another name."""
    return read_url(url, keeps_name=True)

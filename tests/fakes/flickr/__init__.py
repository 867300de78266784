"""Flickr on this machine: its API's search and the servers of its pictures, over real HTTP, with what can go wrong.

Based on the API's own documentation of `flickr.photos.search` (arguments, extras, error codes, at most the first 4,000
results), on that of its licences and of the addresses of photos, and on what users of the API have reported: that
`pages` and `total` tell of all results though behind the 4,000th the same page comes again and again; that pages of
large searches overlap and are not always full; that numbers come as numbers or as texts; that a key that asks too often
is answered 429 with a page of HTML, with and without Retry-After; that the address of a removed photo leads to a
picture `photo_unavailable…` which is served with status 200. How words are matched is simpler here: each must be a
word of the title, the description or the tags.
"""

from tests.fakes.flickr.faults import Fault
from tests.fakes.flickr.library import FakePhoto, Library
from tests.fakes.flickr.server import FlickrServer

__all__ = ["FakePhoto", "Fault", "FlickrServer", "Library"]

"""Photos from Flickr: the search of its API, asked politely, class by class and name by name."""

from annotation.sources.flickr.licences import LICENCES, Licence
from annotation.sources.flickr.options import FlickrOptions, SafeSearch, Sort
from annotation.sources.flickr.queries import ClassQuery
from annotation.sources.flickr.source import FlickrSource

__all__ = ["LICENCES", "ClassQuery", "FlickrOptions", "FlickrSource", "Licence", "SafeSearch", "Sort"]

"""Flickr's licences by the ids it has for them; none that it adds later is taken until it is entered here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


ALL_RIGHTS_RESERVED = 0
LICENCES = {
    ALL_RIGHTS_RESERVED: Licence("All rights reserved", "https://www.flickr.com/help/terms"),
    1: Licence("CC BY-NC-SA 2.0", "https://creativecommons.org/licenses/by-nc-sa/2.0/"),
    2: Licence("CC BY-NC 2.0", "https://creativecommons.org/licenses/by-nc/2.0/"),
    3: Licence("CC BY-NC-ND 2.0", "https://creativecommons.org/licenses/by-nc-nd/2.0/"),
    4: Licence("CC BY 2.0", "https://creativecommons.org/licenses/by/2.0/"),
    5: Licence("CC BY-SA 2.0", "https://creativecommons.org/licenses/by-sa/2.0/"),
    6: Licence("CC BY-ND 2.0", "https://creativecommons.org/licenses/by-nd/2.0/"),
    7: Licence("No known copyright restrictions", "https://www.flickr.com/commons/usage/"),
    8: Licence("United States government work", "https://www.usa.gov/government-works"),
    9: Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    10: Licence("Public Domain Mark 1.0", "https://creativecommons.org/publicdomain/mark/1.0/"),
}
FREE = tuple(number for number in LICENCES if number != ALL_RIGHTS_RESERVED)
"""Under which the owner, or nobody, allows others to use the photo, if only under conditions."""

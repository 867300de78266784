"""One file per layout; the dict says which name writes which."""

from annotation.exports import imagefolder
from annotation.exports.base import Export

EXPORTS: dict[str, Export] = {"imagefolder": imagefolder.write}

"""What another program left in the Hub's cache: links that lead out of it, and pipes."""

import os

# A file of the user's, beside the caches.
SECRET = "home/.ssh/id_rsa"


def _storage(caches):
    return caches / "hub" / "models--org--tiny"


def link(place, to=SECRET):
    """A link in the Hub's cache that leads out of it."""

    def plant(caches, commit):
        path = _storage(caches) / place.format(commit=commit)
        path.parent.mkdir(parents=True)
        path.symlink_to(caches / to)

    return plant


def fifo(caches, commit):
    folder = _storage(caches) / "snapshots" / commit
    folder.mkdir(parents=True)
    os.mkfifo(folder / "config.json")


def blob_elsewhere(caches, commit):
    """A snapshot's link to a blob that is a link itself."""
    link("blobs/secret")(caches, commit)
    folder = _storage(caches) / "snapshots" / commit
    folder.mkdir(parents=True)
    (folder / "config.json").symlink_to("../../blobs/secret")

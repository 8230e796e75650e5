"""Lock, unlock, unblind: the manifests and papers of a lock, and everything that touches the key."""

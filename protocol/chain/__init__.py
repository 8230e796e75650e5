"""Item ids, assignment manifests, events, hash chain. The rating app may use all of it."""

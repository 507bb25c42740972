"""Where a key belongs: a small library of its own, without state, clock or dice.

Every scheme answers one question, "which bucket holds this key?", and is judged by two: how evenly the keys lie, and how
many of them move when a bucket comes or goes. A key is an unsigned 64-bit integer (see `hashing.key64`); only the range
scheme looks at the text. `python -m labs.catalog.sharding.placement` is the door for scripts.

With n equal buckets and one more, the share of keys that must move is 1 / (n + 1): no scheme can do with less. `jump`,
`ring` and `rendezvous` come close to it, `modulo` moves n / (n + 1), `range` moves half of the range that is cut.
"""

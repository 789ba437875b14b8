"""The crash walk: colonyd is killed at the k-th message, and the work has to come out right all the same."""

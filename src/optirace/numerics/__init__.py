"""Functions whose results have the same bits on every machine."""

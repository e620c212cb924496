"""Reads what a file holds, one reader a format."""

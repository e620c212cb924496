"""Puts files and folders in their places, all or none."""

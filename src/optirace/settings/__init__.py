"""Turns words, files and plugins into settings, or into one line that says why not."""

"""Encodes animated pictures and stills without ffmpeg."""

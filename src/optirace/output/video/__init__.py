"""Encodes video through ffmpeg; the only room that knows it."""

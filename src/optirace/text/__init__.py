"""Writes what happened in words: tables, captions, alt text, explanations."""

"""What the machine gives and takes: files, names, memory, limits, turns between threads."""

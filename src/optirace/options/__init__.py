"""Every option, one row each, and what its values become."""

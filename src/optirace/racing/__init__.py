"""Runs races and sweeps, and judges how every racer ended."""

"""Measurements of Parley on this machine: `make bench`. Each prints one table and stops by itself."""

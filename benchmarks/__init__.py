"""How fast is it, compared with what? `make bench` prints a table of ratios against peers, measured in the same run."""

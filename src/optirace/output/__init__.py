"""Makes files of races and reads them back."""

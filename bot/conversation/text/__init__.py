"""Pure functions over text: splitting, safety, masking, languages, extracts, times. No I/O, no model."""

"""Several hosts as one: which they are, meeting at the same place, and hearing that one is gone."""

"""How often the profiles say what the truth of recorded devices says."""

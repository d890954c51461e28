"""A vendor profile: which devices it fits, what to ask them, and what their answers mean; pure (docs/profiles.md)."""

from probes.profile.answers import Answers, Plan
from probes.profile.decode import Raw
from probes.profile.language import Quirks
from probes.profile.merged import Profile
from probes.profile.reading import Complaint, read
from probes.profile.shelf import FALLBACK, Broken, Shelf, shipped

__all__ = ["FALLBACK", "Answers", "Broken", "Complaint", "Plan", "Profile", "Quirks", "Raw", "Shelf", "read", "shipped"]

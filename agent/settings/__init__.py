"""The configuration: a folder of YAML as typed values, every error told at once."""

from agent.settings.complaint import Complaint, Wrong
from agent.settings.load import absent, load
from agent.settings.types import Credential, Settings, SinkSettings, SiteFile

__all__ = ["Complaint", "Credential", "Settings", "SinkSettings", "SiteFile", "Wrong", "absent", "load"]

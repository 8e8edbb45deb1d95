"""Venues, their guards and devices in the back office; what was scanned, without anybody's name. Split by subject."""

from venues.admin.devices import DeviceAdmin
from venues.admin.places import GuardAdmin, VenueAdmin
from venues.admin.scans import ScanAdmin

__all__ = ["DeviceAdmin", "GuardAdmin", "ScanAdmin", "VenueAdmin"]

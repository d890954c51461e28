"""Devices that speak SNMP: one client seam, two libraries behind it, and our own guards before both."""

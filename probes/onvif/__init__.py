"""What is asked of a device over ONVIF."""

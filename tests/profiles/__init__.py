"""Each profile against small recordings, and every line of each profile against all of them."""

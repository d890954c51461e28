"""Where the journal's entries are delivered: one file for each dialect of central supervision."""

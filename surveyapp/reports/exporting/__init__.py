"""A unit's report as a file: one module a format, all made of the view model and of nothing else.

`sections` says what a reader sees, in order, and `tidy` every number, one a row. PDF and slides are
made of the one, spreadsheets and statistics files of the other. `formats` is the way in.
"""

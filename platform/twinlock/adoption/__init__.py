"""Take over an organization that people made by hand: read it, and propose the manifest and the imports for it.

`survey` reads, `proposal` decides, `files` and `existing` write it down. Nothing in GitHub or AWS is changed, and
nobody is invented: what cannot be told from what exists is a question to people, and `twinlock check` says where one
is open.
"""

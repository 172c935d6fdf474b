"""Where pictures come from: what is written into their files, how it is signed, and how both are read again."""

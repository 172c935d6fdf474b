"""Config files, sections as calls, what a config may say, and from a config to what it names."""

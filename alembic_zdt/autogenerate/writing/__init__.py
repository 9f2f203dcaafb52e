"""The revision files: how many, what is in them, what they say."""

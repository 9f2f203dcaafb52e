"""What a database says of a change before it is made; nothing it is asked stays."""

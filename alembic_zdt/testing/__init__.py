"""Tests of migrations with pytest, on databases that are made for them."""

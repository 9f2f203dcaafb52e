"""What the tests stand on: servers, databases, projects, traffic, names."""

"""The verbs a host calls. Each takes a unit of work first; none commits."""

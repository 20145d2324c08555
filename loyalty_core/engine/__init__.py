"""Pure functions in the order of the route: from facts and decisions to figures."""

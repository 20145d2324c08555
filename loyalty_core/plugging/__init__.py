"""Plugins: found, vetted, loaded, and called in one place (ARCHITECTURE, *Extension points*)."""

"""The policies that come with the manager."""

"""The walking network: which ways there are, who can pass them, what can be reached, and how far it is."""

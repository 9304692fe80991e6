"""Films and pictures of trials."""

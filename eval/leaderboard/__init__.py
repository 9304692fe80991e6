"""The leaderboard: submissions, the tracks that they enter, their check, and the page."""

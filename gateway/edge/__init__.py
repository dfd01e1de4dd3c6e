"""The edge gateway: what runs in a care home, keeps everything while the line is down, and calls for help by itself."""

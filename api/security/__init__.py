"""Who is asking, what the role allows, and which residents they may see."""

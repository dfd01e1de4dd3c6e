"""What the API says and takes, typed: services return these, routes document them, pages draw them."""

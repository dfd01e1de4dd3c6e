"""A city lives through faults: members and engines are killed, frozen, cut off, brought back; then comes the verdict."""

"""MQTT 3.1.1 and 5: the protocol, without input or output."""

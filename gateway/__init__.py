"""The device side: everything between a device's radio and the durable LOG.

Here live the contract (`anhu.contract`), the codecs (one file, one device family), the front doors (our MQTT
server, the subscriber for a broker that is already there), and the LOG port with its adapters. A front door
authenticates a device, asks its codec what the bytes mean, and acknowledges only when the LOG has them on disk.
This room imports nothing of ours but its own contract.
"""

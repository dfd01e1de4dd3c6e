"""The LOG: every decoded message, durable before anybody is told "received", ordered per resident.

`port` says what a LOG promises; `embedded` keeps it on the local disk. One writer (the gateway) and any number of
named readers, each with its own committed position, possibly in other processes.
"""

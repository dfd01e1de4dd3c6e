"""Grafana dashboards as code, made from the quantity table, and their publishing through Grafana's API.

May import the contract only.
"""

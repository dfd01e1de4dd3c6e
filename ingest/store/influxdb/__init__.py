"""The store on InfluxDB 2.7."""

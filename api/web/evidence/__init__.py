"""How the evidence of an alert is shown: sentences, drawings, timelines."""

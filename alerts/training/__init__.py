"""How the learned stages were trained: scripts that need scikit-learn, which the product does not.

Each writes arrays and a card into `alerts/models/`; nothing that runs imports from here.
"""

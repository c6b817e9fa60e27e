"""Planted cases for the findings: small real studies, each with one known fault, and healthy ones."""

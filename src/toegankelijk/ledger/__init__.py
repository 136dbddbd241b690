"""The monitoring table as a city keeps it for years: who owns which column, what staff did, and what a new screening changes.

Everything here is a plain function from tables to tables; it knows no file, no database, no norm.
"""

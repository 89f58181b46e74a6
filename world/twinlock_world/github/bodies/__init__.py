"""GitHub's documents for the nouns that stand inside many others: accounts, repositories, teams.

Each function returns a full body, because strict clients refuse a thin one.
"""

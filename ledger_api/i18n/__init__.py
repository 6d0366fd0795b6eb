"""Chinese and English: catalogues, the choice of a language, the words of each error.

Read `translations.py` first.
"""

"""Packs and letters out, ratings files back, receipts checked."""

"""The allocation key: commitments and sealing. Only seeding, unblinding and verifying may import it."""

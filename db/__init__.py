"""Everything that knows tables and SQL. Imports nothing here: see the stores."""

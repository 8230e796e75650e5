"""The study and its mathematics: pure values, no file, no database, no terminal."""

"""From files, folders and archives to transcripts: the doors through which text comes in."""

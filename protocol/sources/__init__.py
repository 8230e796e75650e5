"""Outside formats to transcripts: bytes or text in, objects out, every problem collected."""

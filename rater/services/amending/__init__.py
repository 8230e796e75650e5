"""What changes in an open study, on the record: amendments, incidents, and the questions behind them."""

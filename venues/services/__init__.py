"""What is done at the gates: opening venues, appointing guards, recording scans. One module a subject."""

"""Pure rules of venues: what a colour may do where (N2.4, N2.7)."""

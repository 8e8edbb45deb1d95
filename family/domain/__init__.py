"""Pure rules of acting for others: who may do what for whom, until when, and how it ends. No Django."""

"""What is worth fixing first: what each remedy changes, what it costs, which bottlenecks are one job, and a plan."""

"""The two processes: what collects and computes, and what answers on Discord."""

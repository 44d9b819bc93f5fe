"""Every speed and size figure that the README quotes, measured on the real bot in the sandbox."""

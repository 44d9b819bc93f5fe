"""Discord as far as a slash-command bot can tell: REST, gateway, rules and faults."""

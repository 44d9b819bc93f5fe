"""From evidence to audited text: numbers, the message catalogue, sentences, the auditor."""

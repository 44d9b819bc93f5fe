"""Reports as people read them: pages of audited lines, as an embed or on a terminal."""

"""What the paper-to-code agent is made of; `agents/paper_to_code.py` puts it together."""

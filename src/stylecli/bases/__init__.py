"""Bases: the pretrained models that styles sit on."""

"""wfm-gateway: contact-centre agent events in, WFM vendors told."""

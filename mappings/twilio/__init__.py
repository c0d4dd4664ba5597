"""What the feeds of one platform, Twilio Flex, have in common: its words, not its shapes."""

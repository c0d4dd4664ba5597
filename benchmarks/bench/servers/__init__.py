"""What the gateway is compared with, each as short as its kind is written."""

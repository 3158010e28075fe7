"""The kinds of prediction: all that is known of one stands in its module."""

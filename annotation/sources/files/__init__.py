"""Files of this machine or of a bucket, and what lies in them."""

"""Pictures that are meant to do harm, and pictures that only look so."""

"""The connection to the server: sessions, transactions, errors of the driver."""

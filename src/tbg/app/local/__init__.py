"""`tbg up`: embedded PostgreSQL and Valkey as child processes, then all the services."""

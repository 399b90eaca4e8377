"""The offline BigQuery: Google's REST interface in front of one DuckDB database."""

"""The families of questions. Each module's `rows(options)` measures, and yields the rows of the table as they come."""

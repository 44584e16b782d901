"""The API for applications: ``/api/v1``, one table of operations from which routes and OpenAPI are made."""

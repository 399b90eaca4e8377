"""An offline Google Cloud: a small server on this machine that Google's real client libraries talk to.

It is a simulator and says so. What it does not do it refuses by name (COVERAGE.md lists both); what it does is held
against Google's published contract. Lessons do not import this package: `mlops_helpers.cloud.connect` starts it.

    wire, server      requests and responses as values; the one place that speaks HTTP, on loopback only
    router, contract  which function answers; is the request one that Google would accept
    state, clock      what the cloud knows; time that moves with every write
    errors            Google's error envelope
    storage, bigquery the services that speak HTTP
    rpc               the gRPC server, and behind it logging, monitoring and firestore
    redis, metadata   Memorystore, and the metadata server of a machine at Google
    faults            what is to go wrong on purpose
    control           the offline cloud's own questions: clock, usage, health, faults
    door, console     standalone only: who may pass, and pages for a browser under /console
    journal, keeping, restoring  standalone only: what `--data DIR` keeps over a crash, and how it comes back

`python -m mlops_helpers.offline --port 8085` serves a whole room, or a client in another language.
"""

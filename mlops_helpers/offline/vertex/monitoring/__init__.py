"""Model monitoring: drift that is really computed, from tables and files of the offline cloud.

monitors   the RPCs: monitors, their jobs, search for statistics and alerts
drift      two samples of one column: L-infinity and Jensen-Shannon
inputs     rows from BigQuery, Cloud Storage or a tabular dataset, within a time window
findings   what the jobs found: statistics, alerts;  reports  the same as files in the bucket and as log entries
deployments   the older monitoring jobs of endpoints: kept as resources, their analysis refused
"""

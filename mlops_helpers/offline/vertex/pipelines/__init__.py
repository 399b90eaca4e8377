"""Pipelines: the compiled KFP pipeline really runs, task by task.

jobs          the RPCs: create, cancel, delete
spec          what a compiled pipeline holds; what cannot run here is refused before anything starts
dag           which task runs when: order, conditions, loops, exit handlers, failures
values        where a task's inputs come from;  conditions  `dsl.If` without eval
steps         one Python component: cache, attempts, outputs;  step_main  its side in the other process
mount         the files of artifacts between the offline bucket and a step
board         what the caller sees of every task;  tracking  the run in ML Metadata
schedules  cron      pipelines (and monitoring jobs) at their hours
"""

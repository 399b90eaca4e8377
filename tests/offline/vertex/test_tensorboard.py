"""TensorBoard: resources, and values written and read."""

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.vertex.tensorboard_data import thin


@pytest.fixture
def client(vertex, server):
    options = {"api_endpoint": server.url}
    return aiplatform_v1.TensorboardServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options=options
    )


@pytest.fixture
def board(vertex):
    return aiplatform.Tensorboard.create(display_name="board", labels={"team": "churn"})


@pytest.fixture
def run(board):
    """A run with one empty time series, `loss`."""
    experiment = aiplatform.TensorboardExperiment.create("churn", tensorboard_name=board.resource_name)
    made = aiplatform.TensorboardRun.create("one", tensorboard_experiment_name=experiment.resource_name)
    made.create_tensorboard_time_series(display_name="loss")
    return made


def series_of(client, run):
    return next(iter(client.list_tensorboard_time_series(parent=run.resource_name))).name


def points(*values, start=1):
    at = {"seconds": 1_800_000_000}
    return [{"step": start + n, "scalar": {"value": value}, "wall_time": at} for n, value in enumerate(values)]


def write(client, run, values):
    identity = series_of(client, run).rpartition("/")[2]
    data = {"tensorboard_time_series_id": identity, "value_type": "SCALAR", "values": values}
    client.write_tensorboard_run_data(tensorboard_run=run.resource_name, time_series_data=[data])


def read(client, name, **options):
    request = {"tensorboard_time_series": name, **options}
    data = client.read_tensorboard_time_series_data(request=request).time_series_data
    return [(point.step, point.scalar.value) for point in data.values]


def test_a_tensorboard_is_found_changed_and_deleted(board):
    board.update(display_name="renamed")
    (found,) = aiplatform.Tensorboard.list(filter="labels.team=churn")
    assert found.display_name == "renamed"
    board.delete()
    assert aiplatform.Tensorboard.list() == []


def test_only_one_tensorboard_is_the_default(vertex):
    first = aiplatform.Tensorboard.create(display_name="first", is_default=True)
    second = aiplatform.Tensorboard.create(display_name="second", is_default=True)
    assert [found.name for found in aiplatform.Tensorboard.list(filter="is_default=true")] == [second.name]
    assert not aiplatform.Tensorboard(first.name).gca_resource.is_default


def test_a_tensorboard_counts_its_runs(board, run):
    assert aiplatform.Tensorboard(board.resource_name).gca_resource.run_count == 1
    run.delete()
    assert aiplatform.Tensorboard(board.resource_name).gca_resource.run_count == 0


def test_what_the_sdk_writes_it_reads(client, run):
    run.write_tensorboard_scalar_data({"loss": 0.5}, step=1)
    run.write_tensorboard_scalar_data({"loss": 0.0}, step=2)
    table = run.read_time_series_data()["loss"].values
    assert [(point.step, point.scalar.value) for point in table] == [(1, 0.5), (2, 0.0)]
    held = client.get_tensorboard_time_series(name=series_of(client, run))
    assert held.metadata.max_step == 2


def test_a_step_that_is_written_again_counts_once(client, run):
    write(client, run, points(0.5, 0.25))
    write(client, run, points(0.125, start=2))
    assert read(client, series_of(client, run)) == [(1, 0.5), (2, 0.125)]


def test_reading_thins_out_evenly_and_filters(client, run):
    write(client, run, points(*range(1, 12)))
    name = series_of(client, run)
    assert [step for step, _ in read(client, name, max_data_points=3)] == [1, 6, 11]
    assert len(read(client, name, max_data_points=-1)) == 11
    assert [step for step, _ in read(client, name, filter="step > 9")] == [10, 11]


def test_export_comes_in_pages(client, run):
    write(client, run, points(1, 2, 3))
    request = {"tensorboard_time_series": series_of(client, run), "page_size": 2, "order_by": "step desc"}
    exported = list(client.export_tensorboard_time_series_data(request=request))
    assert [point.scalar.value for point in exported] == [3, 2, 1]


def test_many_series_are_read_at_once(client, board, run):
    write(client, run, points(0.5))
    request = {"tensorboard": board.resource_name, "time_series": [series_of(client, run)]}
    (data,) = client.batch_read_tensorboard_time_series_data(request=request).time_series_data
    assert [point.scalar.value for point in data.values] == [0.5]
    other = aiplatform.Tensorboard.create(display_name="other")
    with pytest.raises(exceptions.BadRequest, match="a time series of"):
        client.batch_read_tensorboard_time_series_data(request={**request, "tensorboard": other.resource_name})


def test_runs_and_series_are_made_and_written_in_batches(client, run):
    experiment = run.resource_name.rpartition("/runs/")[0]
    wanted = [{"parent": experiment, "tensorboard_run": {}, "tensorboard_run_id": name} for name in ("two", "three")]
    made = client.batch_create_tensorboard_runs(parent=experiment, requests=wanted).tensorboard_runs
    series = {"display_name": "loss", "value_type": "SCALAR"}
    wanted = [{"parent": one.name, "tensorboard_time_series": series} for one in made]
    created = client.batch_create_tensorboard_time_series(parent=experiment, requests=wanted).tensorboard_time_series
    writes = [
        {
            "tensorboard_run": one.name,
            "time_series_data": [
                {
                    "tensorboard_time_series_id": held.name.rpartition("/")[2],
                    "value_type": "SCALAR",
                    "values": points(n),
                }
            ],
        }
        for n, (one, held) in enumerate(zip(made, created, strict=True))
    ]
    client.write_tensorboard_experiment_data(tensorboard_experiment=experiment, write_run_data_requests=writes)
    assert [read(client, held.name) for held in created] == [[(1, 0.0)], [(1, 1.0)]]


def test_display_names_are_unique_where_writers_look_them_up(client, run):
    with pytest.raises(exceptions.Conflict, match="loss"):
        run.create_tensorboard_time_series(display_name="loss")
    experiment = run.resource_name.rpartition("/runs/")[0]
    with pytest.raises(exceptions.Conflict, match="one"):
        client.create_tensorboard_run(
            parent=experiment, tensorboard_run={"display_name": "one"}, tensorboard_run_id="x"
        )


def test_a_value_of_another_type_is_refused_and_nothing_is_written(client, run):
    wrong = {"step": 2, "tensor": {"value": b"1"}, "wall_time": {"seconds": 1}}
    with pytest.raises(exceptions.BadRequest, match="found 'tensor', expected scalar"):
        write(client, run, [*points(0.5), wrong])
    assert read(client, series_of(client, run)) == []


def test_what_is_no_time_series_cannot_be_read(client, board, run):
    request = {"tensorboard": board.resource_name, "time_series": [run.resource_name]}
    with pytest.raises(exceptions.BadRequest, match="a time series of"):
        client.batch_read_tensorboard_time_series_data(request=request)
    with pytest.raises(exceptions.BadRequest, match="-1 for all"):
        read(client, series_of(client, run), max_data_points=-2)


def test_ids_are_checked_before_anything_is_made(client, run):
    series = {"display_name": "gain", "value_type": "SCALAR"}
    wrong = {"parent": run.resource_name, "tensorboard_time_series": series, "tensorboard_time_series_id": "a/b"}
    with pytest.raises(exceptions.BadRequest, match="tensorboard_time_series_id"):
        client.create_tensorboard_time_series(request=wrong)
    experiment = run.resource_name.rpartition("/runs/")[0]
    elsewhere = {"parent": f"{experiment}x", "tensorboard_run": {}, "tensorboard_run_id": "two"}
    with pytest.raises(exceptions.BadRequest, match=r"requests\.parent"):
        client.batch_create_tensorboard_runs(parent=experiment, requests=[elsewhere])


def test_images_are_refused_by_name(client, run):
    with pytest.raises(exceptions.GoogleAPICallError, match="BLOB_SEQUENCE") as caught:
        write(client, run, [{"step": 1, "blobs": {"values": [{"id": "1"}]}, "wall_time": {"seconds": 1}}])
    assert caught.value.code == 501


def test_a_deleted_run_takes_its_values_along(client, run):
    write(client, run, points(0.5))
    name = series_of(client, run)
    run.delete()
    with pytest.raises(exceptions.NotFound, match="timeSeries"):
        read(client, name)


@given(st.integers(1, 200), st.integers(1, 50))
def test_thinning_keeps_order_and_bounds(count, most):
    kept = [point["step"] for point in thin([{"step": step} for step in range(count)], most)]
    assert len(kept) == min(count, most)
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    assert most == 1 or kept[-1] == count - 1

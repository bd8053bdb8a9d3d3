"""The course notebook that the project grew out of: its figures, worked out by hand."""

from cnninspect import inspect_model


def test_two_convolutions_without_padding() -> None:
    # 19 − 5 + 1 = 15, 15 − 3 + 1 = 13
    report = inspect_model("nn:Conv2d(3, 7, 5, bias=False); Conv2d(7, 2, 3, bias=False)", inputs=["1x3x19x19"])
    first, second = report.layers[1:]
    assert first.inputs[0].shape == (1, 3, 19, 19)
    assert first.outputs[0].shape == (1, 7, 15, 15)
    assert second.outputs[0].shape == (1, 2, 13, 13)
    assert first.params == 7 * 3 * 5 * 5
    assert second.params == 2 * 7 * 3 * 3
    assert report.totals.macs == 7 * 3 * 5 * 5 * 15 * 15 + 2 * 7 * 3 * 3 * 13 * 13
    assert second.receptive_field is not None
    assert second.receptive_field.size == (7, 7)  # 5 + (3 − 1)


def test_max_pooling_on_a_matrix() -> None:
    report = inspect_model("nn:MaxPool2d(2, 2)", inputs=["1x1x4x4"])
    assert report.run.outputs[0].shape == (1, 1, 2, 2)
    assert report.totals.params == report.totals.macs == 0


def test_alexnet_from_scratch() -> None:
    report = inspect_model("scratch:alexnet", inputs=["1x3x224x224"])
    assert report.run.outputs[0].shape == (1, 1000)
    assert report.totals.params == 61_100_840

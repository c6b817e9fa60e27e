import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from hypothesis import given as examples
from hypothesis import strategies as st

from luthier.errors import CheckpointError
from luthier.study import CheckpointStore, checkpoints

FULL = {
    "model": torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict(),
    "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999)}]},
    "loop": {"position": [1, 2], "seed": 7, "best": None, "loss": 0.1, "done": False, "name": "ü"},
}


def kilobytes(n, fill=0):
    return {"model": {"w": torch.full((n * 1000,), fill, dtype=torch.uint8)}}


def epochs(store, training):
    return [path.name for path in sorted(store.folder.glob(f"training-{training:05d}/*"))]


def everything_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path / "c")


def test_what_was_saved_comes_back_of_the_same_types(store):
    store.save(12, 8.0, FULL)
    epoch, parts = store.load(12, 8.0)
    assert epoch == 8.0
    assert list(parts) == list(FULL)
    assert parts["loop"] == FULL["loop"]
    assert parts["optimizer"] == FULL["optimizer"]
    assert type(parts["optimizer"]["param_groups"][0]["betas"]) is tuple
    assert type(parts["model"]) is OrderedDict
    assert parts["model"]._metadata == FULL["model"]._metadata
    assert all(torch.equal(parts["model"][name], tensor) for name, tensor in FULL["model"].items())


def test_a_checkpoint_is_a_folder_with_a_file_for_each_part(store):
    store.save(12, 8.0, FULL)
    folder = store.folder / "training-00012" / "epoch-000008.000"
    assert {path.name for path in folder.iterdir()} == {"model.pt", "optimizer.pt", "loop.json", "manifest.json"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["format"], manifest["training"], manifest["epoch"]) == (1, 12, 8.0)
    assert manifest["parts"]["loop"]["bytes"] == (folder / "loop.json").stat().st_size
    assert store.size_gb == sum(path.stat().st_size for path in folder.iterdir()) / 1e9


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@examples(PLAIN)
def test_any_plain_values_come_back_of_the_same_types(tmp_path_factory, value):
    store = CheckpointStore(tmp_path_factory.mktemp("c"))
    store.save(0, 1.0, {"part": value})
    _, parts = store.load(0, 1.0)
    assert repr(parts["part"]) == repr(value)


@examples(
    st.lists(st.integers(0, 40).map(lambda n: n / 8), min_size=1, max_size=6), st.integers(0, 40).map(lambda n: n / 8)
)
def test_the_newest_at_or_before_an_epoch(tmp_path_factory, saved, at_most):
    store = CheckpointStore(tmp_path_factory.mktemp("c"))
    kept = []
    for epoch in saved:
        store.save(0, epoch, {"loop": epoch})
        kept = [*sorted(e for e in kept if e < epoch)[-1:], epoch]
    expected = max((e for e in kept if e <= at_most), default=None)
    assert store.load(0, at_most) == (None if expected is None else (expected, {"loop": expected}))


def test_only_the_newest_and_the_one_before_are_kept(store):
    for epoch in (1.0, 2.0, 3.0):
        store.save(0, epoch, FULL)
    assert epochs(store, 0) == ["epoch-000002.000", "epoch-000003.000"]
    store.save(0, 2.5, FULL)
    assert epochs(store, 0) == ["epoch-000002.000", "epoch-000002.500"]
    assert store.load(0, 1.0) is None


def test_an_epoch_that_is_saved_again_is_replaced(store):
    store.save(0, 1 / 3, {"loop": "first"})
    store.save(0, 1 / 3, {"loop": "second"})
    assert store.load(0, 1 / 3) == (1 / 3, {"loop": "second"})
    assert len(epochs(store, 0)) == 1


def test_a_part_of_a_large_tensor_is_saved_alone(store):
    stacked = torch.arange(1_000_000.0).reshape(1000, 1000)
    store.save(0, 1.0, {"model": {"w": stacked[3]}})
    assert store.size_gb < 1e-4
    assert torch.equal(store.load(0, 1.0)[1]["model"]["w"], stacked[3])


def test_what_could_not_be_read_back_is_refused(store):
    store.save(0, 1.0, FULL)
    before = everything_in(store.folder)
    with pytest.raises(CheckpointError, match="part 'model' of a checkpoint holds function <function"):
        store.save(0, 2.0, {"loop": 1, "model": {"f": lambda: None}})
    assert everything_in(store.folder) == before
    assert list(store.folder.glob(".*")) == []


@pytest.mark.parametrize("name", ["manifest.json", "model.pt", "loop.json"])
@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(store, name, how):
    store.save(0, 1.0, FULL)
    store.save(0, 2.0, FULL)
    path = store.folder / "training-00000" / "epoch-000002.000" / name
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:10] if how == "cut" else bytes([data[0] ^ 1]) + data[1:])
    assert store.load(0, 2.0)[0] == 1.0
    assert store.load(0, 2.0)[0] == 1.0
    assert len(store.damaged) == 1
    assert "epoch-000002.000" in store.damaged[0]
    store.save(0, 3.0, FULL)
    assert store.load(0, 3.0)[0] == 3.0


def test_a_newer_format_is_refused(store):
    store.save(0, 1.0, FULL)
    path = store.folder / "training-00000" / "epoch-000001.000" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(CheckpointError, match="has format 2, this Luthier reads 1; upgrade it with: pip"):
        store.load(0, 1.0)


def test_beyond_the_cap_the_ones_before_go_first_then_the_least_worth(tmp_path):
    store = CheckpointStore(tmp_path, cap_gb=350e-6)
    store.set_worth(lambda training: {0: 3.0, 1: 1.0, 2: 2.0, 3: 0.0}[training])
    store.save(0, 1.0, kilobytes(100))
    store.save(1, 1.0, kilobytes(100))
    store.save(0, 2.0, kilobytes(100))
    store.save(2, 1.0, kilobytes(100))
    assert [epochs(store, n) for n in range(3)] == [["epoch-000002.000"], ["epoch-000001.000"], ["epoch-000001.000"]]
    store.save(3, 1.0, kilobytes(100))
    assert [len(epochs(store, n)) for n in range(4)] == [1, 0, 1, 1]
    assert store.size_gb <= store.cap_gb


def test_without_worth_the_oldest_goes_first(tmp_path):
    store = CheckpointStore(tmp_path, cap_gb=250e-6)
    for number in (1, 0, 2):
        store.save(number, 1.0, kilobytes(100))
    assert [len(epochs(store, n)) for n in range(3)] == [1, 0, 1]


def test_the_one_just_saved_stays_whatever_the_cap(tmp_path):
    store = CheckpointStore(tmp_path, cap_gb=0)
    store.save(0, 1.0, FULL)
    store.save(1, 1.0, FULL)
    assert store.load(1, 1.0)[0] == 1.0
    assert store.load(0, 1.0) is None


def test_drop(store):
    store.save(0, 1.0, FULL)
    store.save(1, 1.0, FULL)
    store.drop(0)
    store.drop(7)
    assert store.load(0, 1.0) is None
    assert store.load(1, 1.0)[0] == 1.0
    assert list(store.folder.glob(".*")) == []


def test_leftovers_of_a_crash_are_removed_and_those_of_the_living_are_not(store):
    (store.folder / ".saving-dead").mkdir()
    (store.folder / ".saving-dead" / "model.pt").write_bytes(b"half")
    (store.folder / ".dropped-dead").mkdir()
    CheckpointStore(store.folder)
    assert list(store.folder.iterdir()) == []

    seen = []

    class Watched(dict):
        def items(self):  # called while the parts are written
            CheckpointStore(store.folder)
            seen.extend(store.folder.glob(".saving-*"))
            return super().items()

    store.save(0, 1.0, Watched(FULL))
    assert len(seen) == 1
    assert store.load(0, 1.0)[0] == 1.0


def test_threads_save_and_load_at_the_same_time(tmp_path):
    store = CheckpointStore(tmp_path, cap_gb=1e-4)
    failures = []

    def work(training):
        try:
            for n in range(1, 9):
                store.save(training, n / 2, {"loop": [training, n / 2], "model": {"w": torch.full((500,), n / 2)}})
                found = store.load(training, 9.0)
                assert found is None or (
                    found[1]["loop"] == [training, found[0]] and found[1]["model"]["w"][0] == found[0]
                )
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(training,)) for training in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.damaged == []
    assert list(store.folder.glob(".*")) == []


def test_an_unusable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"checkpoints cannot be written in .*file/c \(Not a directory\); free"):
        CheckpointStore(tmp_path / "file" / "c")


@pytest.fixture(params=["file too large", "no space"])
def save_too_much(request, tmp_path):
    """A store on a disk that takes 300 kB more, and a way to save 1 MB to it in another process."""
    folder = tmp_path / "disk"
    folder.mkdir()
    limit = "0"
    if request.param == "file too large":
        limit = "300000"
    elif os.getuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root can mount a small disk")
    elif subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    program = """
import resource, sys, torch
from pathlib import Path
from luthier.errors import CheckpointError
from luthier.study import CheckpointStore, checkpoints
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    CheckpointStore(Path(sys.argv[1])).save(0, 2.0, {"loop": 1, "model": {"w": torch.rand(250_000)}})
except CheckpointError as error:
    print(error)
"""

    def save():
        words = [sys.executable, "-c", program, str(folder), limit]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        return subprocess.run(words, capture_output=True, text=True, env=env)

    yield CheckpointStore(folder), save
    if limit == "0":
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_one_clear_error_and_what_was_there_stays(save_too_much):
    store, save = save_too_much
    store.save(0, 1.0, kilobytes(50))
    before = everything_in(store.folder)
    done = save()
    assert done.returncode == 0, done.stderr
    assert "the checkpoint of training 0 cannot be written in" in done.stdout
    assert "File too large" in done.stdout or "No space left on device" in done.stdout
    assert everything_in(store.folder) == before
    assert list(store.folder.glob(".*")) == []
    assert store.load(0, 2.0)[0] == 1.0


def test_on_a_full_disk_the_checkpoints_of_least_worth_make_room(tmp_path, monkeypatch):
    store = CheckpointStore(tmp_path / "c")
    store.set_worth(lambda training: training)
    for training in range(4):
        store.save(training, 1.0, kilobytes(50))
    write = checkpoints.write_parts

    def full(*arguments):
        if len(list(store.folder.glob("training-*"))) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(checkpoints, "write_parts", full)
    store.save(3, 2.0, kilobytes(50))
    assert {path.name for path in store.folder.glob("training-*")} == {"training-00002", "training-00003"}
    assert store.load(3, 2.0)[0] == 2.0


def test_a_checkpoint_of_format_1_can_be_read(tmp_path):
    shutil.copytree(Path(__file__).parent / "format-1" / "checkpoints", tmp_path / "c")
    epoch, parts = CheckpointStore(tmp_path / "c").load(0, 2.0)
    assert (epoch, parts["loop"]) == (2.0, {"position": [1, 2]})
    assert torch.equal(parts["model"]["w"], torch.arange(3.0))


def test_no_empty_folder_stays(tmp_path):
    store = CheckpointStore(tmp_path / "c", cap_gb=3e-5)
    for training in range(4):
        store.save(training, 1.0, kilobytes(12))
    held = {path.parent.name for path in store.folder.glob("training-*/epoch-*")}
    assert {path.name for path in store.folder.iterdir()} == held
    assert "training-00003" in held
    assert "training-00000" not in held

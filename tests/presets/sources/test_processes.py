"""Several processes, and processes that are killed."""

import os
import subprocess
import sys
import time

import pytest
from presets.sources.test_hub_faults import FILES, files_in, is_whole

import nlpkit

DOWNLOAD = "import nlpkit, sys; print(nlpkit.presets.download(sys.argv[1]))"
HANDLE = "hf://org/tiny"


@pytest.fixture
def start(hub, tmp_path):
    """Start a process that downloads, with nothing but environment variables to tell it how."""
    hub.publish("org/tiny", FILES)
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_OFFLINE": "0",
        "NLPKIT_HOME": str(tmp_path / "nlpkit"),
    }
    running = []

    def start(handle=HANDLE):
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", DOWNLOAD, handle],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("source", ["Hub", "URL"])
def test_two_processes_at_once_download_once(hub, start, source):
    hub.files = {f"tiny/{name}": content for name, content in FILES.items()}
    handle = HANDLE if source == "Hub" else f"{hub.url}/files/tiny"
    hub.faults["model.safetensors"] = [("slow", 1.0)]
    processes = [start(handle), start(handle)]
    results = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], results
    assert results[0][0] == results[1][0]
    asked = [line.split()[1].rsplit("/", 1)[1] for line in hub.requests if line.startswith("GET")]
    assert sorted(name for name in asked if name in FILES) == sorted(FILES)
    assert sum(line.startswith("GET /api/models") for line in hub.requests) == (source == "Hub")


def test_killed_process_leaves_no_half_file(hub, start, tmp_path):
    hub.faults["model.safetensors"] = [("hang", 1000)]
    process = start()
    deadline = time.monotonic() + 60
    while not hub.bodies("model.safetensors") and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.kill()
    process.communicate()
    snapshots = [path for path in files_in(tmp_path / "hub") if "snapshots" in path.parts]
    assert all(path.read_bytes() == FILES[path.name] for path in snapshots)
    assert "model.safetensors" not in {path.name for path in snapshots}
    assert is_whole(nlpkit.presets.download(HANDLE))
    assert not [path for path in files_in(tmp_path / "hub") if path.suffix == ".incomplete"]


def test_command_line_is_a_module():
    command = [sys.executable, "-m", "nlpkit", "presets", "list", "--task", "TextClassifier"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "bert_tiny_en_uncased_sst2" in result.stdout


def test_presets_are_listed_without_loading_keras_or_the_hub():
    code = "import nlpkit, sys; nlpkit.presets.list(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"keras", "huggingface_hub", "torch", "tensorflow", "jax"} & {*loaded.stdout.split()}

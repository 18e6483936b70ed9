"""What PyPI `uipath` sees of a sandbox: processes, jobs, attachments, buckets, queues, folders.

Run by `crates/orchestrator-sandbox/clients/uipath`, which serves the sandbox and sets the SDK's environment.
"""

import json
import tempfile
import time

from uipath.platform import UiPath
from uipath.platform.orchestrator.queues import CommitType

sdk = UiPath()
# Beside a folder of its environment the SDK sends the one that a call names, and which of them counts nobody knows.
shared = {"folder_path": "Shared"}


def see(what, value):
    print(f"{what}: {value}")
    return value


def final(key, wanted):
    """The job with this key once it is in a final state, which must be `wanted`."""
    for _ in range(200):
        job = sdk.jobs.retrieve(job_key=key, **shared)
        if job.state in ("Successful", "Faulted", "Stopped"):
            assert job.state == wanted, job.state
            return job
        time.sleep(0.05)
    raise AssertionError(f"{key} is still {job.state}")


job = sdk.processes.invoke(name="Invoice Loader", input_arguments={"message": "Aloha"}, **shared)
see("started", (job.id, job.state, job.input_arguments))
assert job.state == "Pending" and json.loads(job.input_arguments) == {"message": "Aloha"}
done = final(job.key, "Successful")
see("ended", (done.state, done.output_arguments, done.info))
assert json.loads(done.output_arguments) == {"total": 3}

# Beyond 10,000 characters the SDK moves the arguments to an attachment by itself.
large = sdk.processes.invoke(name="Invoice Loader", input_arguments={"message": "x" * 20_000}, **shared)
see("started with a file", (large.id, large.input_file))
assert large.input_arguments is None and large.input_file

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/input.json"
    name = sdk.attachments.download(key=large.input_file, destination_path=path, **shared)
    with open(path, encoding="utf-8") as file:
        assert json.load(file) == {"message": "x" * 20_000}
    see("downloaded", name)

elsewhere = sdk.processes.invoke(name="Rechnungen", folder_path="Büro/Köln")
see("started where the path is not ASCII", elsewhere.id)
by_key = sdk.processes.invoke(name="Invoice Loader", folder_key="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
see("started where a key names the folder", by_key.id)

faulted = final(sdk.processes.invoke(name="Broken", **shared).key, "Faulted")
see("faulted", (faulted.info, faulted.job_error))
assert faulted.job_error is not None

endless = sdk.processes.invoke(name="Endless", **shared)
sdk.jobs.stop(job_keys=[endless.key], strategy="Kill", **shared)
see("stopped", final(endless.key, "Stopped").state)
again = sdk.jobs.restart(job_key=endless.key, **shared)
see("restarted", (again.id, again.state))
assert again.id != endless.id
sdk.jobs.stop(job_keys=[again.key], **shared)

listed = sdk.jobs.list(filter="ReleaseName eq 'Invoice Loader'", orderby="Id desc", top=2, **shared)
see("listed", [job.id for job in listed.items])
assert [job.id for job in listed.items] == [by_key.id, large.id]
assert sdk.jobs.exists(job.key, **shared)
assert not sdk.jobs.exists("00000000-0000-4000-8000-000000000000", **shared)

sdk.buckets.upload(name="Reports", blob_file_path="2026/total.txt", content="3", content_type="text/plain", **shared)
with tempfile.TemporaryDirectory() as folder:
    sdk.buckets.download(name="Reports", blob_file_path="2026/total.txt", destination_path=f"{folder}/total.txt", **shared)
    with open(f"{folder}/total.txt", encoding="utf-8") as file:
        see("read from the bucket", file.read())

item = {"Name": "Invoices", "SpecificContent": {"Number": 1}, "Reference": "a"}
see("added to the queue", sdk.queues.create_item(item, **shared)["Id"])
see("added to the queue", sdk.queues.create_items([{"SpecificContent": {"Number": 2}}], "Invoices", CommitType.ALL_OR_NOTHING, **shared))

see("folder's key", sdk.folders.retrieve_key(folder_path="Shared"))

try:
    sdk.processes.invoke(name="Nobody", **shared)
    raise AssertionError("a process that does not exist was started")
except Exception as error:
    see("refused", " ".join(str(error).split()))
    assert "could not be found" in str(error) or "404" in str(error), error

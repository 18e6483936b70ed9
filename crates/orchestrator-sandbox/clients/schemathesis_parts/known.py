"""Turns what schemathesis makes up into what `world.yaml` has, so that requests get past the first refusal.

Each piece is replaced or kept by the bytes of what was made up: the same seed gives the same requests.
"""

import zlib

import schemathesis

RELEASE = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf"
FOLDER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
JOB = 160856
# The first one that a sandbox makes.
ATTACHMENT = "d3e339f0-907a-5841-b5b6-f1d896a4ed18"

PATHS = [
    ("Folders/UiPath", {"identifier": FOLDER, "key": 7}),
    ("Folders", {"key": 7}),
    ("Jobs", {"key": JOB}),
    ("Releases", {"key": 3}),
    ("Machines/UiPath", {"folderId": 7}),
    ("Machines", {"key": 31}),
    ("Sessions/UiPath.Server.Configuration.OData.GetMachineSessions(", {"key": 31}),
    ("Sessions", {"folderId": 7}),
    ("Robots/UiPath", {"folderId": 7, "machineId": 31, "processId": "3"}),
    ("Robots", {"key": 1553}),
    ("Buckets", {"key": 5}),
    ("Processes", {"key": "Invoice.Loader:1.4.2"}),
]
OPTIONS = {
    "$filter": ["Id gt 1", "Id in (1,7,160856)", "not (Id eq 3)", "Id eq 3 or Id eq 7", ""],
    "$select": ["Id", "id", "*", "Nothing"],
    "$orderby": ["Id desc", "Id", "id asc"],
    "$top": [1, 1000, 0],
    "$skip": [0, 1],
    "$count": ["true", "false"],
    "$expand": None,
    "robotId": [1553],
    "excludeFolderId": [8],
    "machineId": [31],
    "path": ["a/b.txt"],
    "expiryInMinutes": [5],
    "runtimeType": ["Unattended", "Serverless"],
    "folderTypes": None,
    "take": [10],
    "skip": [0],
}


def pick(choices, made_up):
    return choices[zlib.crc32(repr(made_up).encode()) % len(choices)]


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if context.operation.path == "/odata/Attachments({key})" and context.operation.method == "get":
        return {"key": ATTACHMENT}
    for part, known in PATHS:
        if f"/odata/{part}" in context.operation.path:
            return {name: known.get(name, value) for name, value in (path_parameters or {}).items()}
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    kept = {}
    for name, value in (query or {}).items():
        choices = OPTIONS.get(name, [value])
        if choices is not None:
            kept[name] = pick([*choices, value], value)
    return kept


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    path = context.operation.path
    if "startInfo" in body and isinstance(body["startInfo"], dict):
        info = body["startInfo"]
        # What does not go together is left out; the rest stays as it was made up.
        for name in ["ReleaseName", "Strategy", "NoOfRobots", "InputFile", "RobotIds", "MachineRobots", "JobPriority"]:
            info.pop(name, None)
        info["ReleaseKey"] = RELEASE
        info["MachineSessionIds"] = pick([[], [70031]], info.get("MachineSessionIds"))
        info["JobsCount"] = pick([1, 2, None], info.get("JobsCount"))
        info["InputArguments"] = pick(["{}", '{"message":"x"}', None], info.get("InputArguments"))
    if path.endswith("AddQueueItem") and isinstance(body.get("itemData"), dict):
        body["itemData"]["Name"] = "Invoices"
    if path.endswith("BulkAddQueueItems"):
        body["queueName"] = "Invoices"
    if path.endswith("RestartJob"):
        body["jobId"] = JOB
    if path.endswith("StopJobs"):
        body["jobIds"] = pick([[JOB + 1], []], body.get("jobIds"))
    return body

# Reads a report with Python's own readers and prints what it found as JSON: python3 read_reports.py csv|csv;|junit FILE
import csv
import json
import sys
import xml.etree.ElementTree as tree

kind, path = sys.argv[1:]
csv.field_size_limit(2**24)
if kind.startswith("csv"):
    with open(path, newline="", encoding="utf-8") as file:
        json.dump(list(csv.reader(file, delimiter=kind[3:] or ",", strict=True)), sys.stdout)
else:
    def element(node):
        return {
            "name": node.tag,
            "attributes": node.attrib,
            "text": (node.text or "").strip(),
            "children": [element(child) for child in node],
        }

    json.dump(element(tree.parse(path).getroot()), sys.stdout)

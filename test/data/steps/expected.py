#!/usr/bin/env python3
"""What a stream with steps must send of the sample fleet, computed without Tailrace.

Reads the sample (processors/commands/simulate/fleet.jsonl.gz) and writes expected.jsonl.gz beside this file: one line for
each message that arrives, in the order of the sample. The steps are those of test/flows/promises/steps/reshaped.ts:

  filter, enrich (every third device has attributes), rename, sample (60 s or 20 degrees), template
"""

import gzip
import json
import pathlib

here = pathlib.Path(__file__).parent
sample = here.parents[2] / "processors/commands/simulate/fleet.jsonl.gz"
messages = [json.loads(line) for line in gzip.open(sample, "rt")]


def attributes_of(ident):
    number = int(ident[-4:])
    if number % 3 != 0:
        return {}
    return {"plate": f"CB {number:04d} AB", "axles": 2 + number % 4}


def passes_filter(message):
    return message["position.speed"] > 0 and "position.latitude" in message and message["position.satellites"] >= 10


def renamed(message):
    names = {"external.powersource.voltage": "supply", "position.speed": "kmh"}
    return {names.get(name, name.replace("battery.", "cell.") if name.startswith("battery.") else name): value
            for name, value in message.items()}


def turned(a, b):
    angle = abs(a - b) % 360
    return min(angle, 360 - angle)


def is_sampled(message, anchors):
    """An anchor is the newest message of the device that passed; late ones are thinned out among themselves."""
    live, late = anchors.get(message["ident"], (None, None))
    is_late = live is not None and message["timestamp"] < live[0]
    before = late if is_late else live
    now = (message["timestamp"], message["position.direction"])
    if before is not None and abs(now[0] - before[0]) < 60 and turned(before[1], now[1]) < 20:
        return False
    anchors[message["ident"]] = (live, now) if is_late else (now, late)
    return True


def templated(message):
    result = {
        "vehicle": {"id": message["ident"], "kind": "truck"},
        "at": [message["position.longitude"], message["position.latitude"]],
        "time": message["timestamp"],
        "heading": message["position.direction"],
        "mps": round(message["kmh"] / 3.6 * 10 + 1e-9) / 10,
        "fast": message["kmh"] > 90,
        "supply": message["supply"],
        "cell": message["cell.voltage"],
        "version": 1,
    }
    if "plate" in message:
        result["vehicle"]["plate"] = message["plate"]
        result["vehicle"]["heavy"] = message["axles"] >= 4
    return result


def main():
    anchors = {}
    with open(here / "expected.jsonl.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as out:
        count = 0
        for message in messages:
            if not passes_filter(message):
                continue
            message = renamed({**message, **attributes_of(message["ident"])})
            if not is_sampled(message, anchors):
                continue
            out.write((json.dumps(templated(message), ensure_ascii=False) + "\n").encode())
            count += 1
    print(f"{len(messages)} messages, {count} arrive")


main()

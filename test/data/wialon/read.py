"""Reads Wialon Retranslator 1.0 packets from standard input and prints each as one line of JSON.

Written from the document of the protocol alone, with nothing but the standard library, so that it is a second opinion
about what the encoder writes. It is strict: anything that the document does not allow ends it with a message and
status 1. Texts are checked to be UTF-8, integers of 64 bits are printed digit by digit, doubles with all of their digits.
"""

import json
import struct
import sys

FLAG_OF = {"posinfo": 0x01, "avl_inputs": 0x02, "avl_outputs": 0x04, "avl_driver": 0x20}
KNOWN_FLAGS = 0x01 | 0x02 | 0x04 | 0x10 | 0x20
TYPE_OF = {"posinfo": 2, "avl_inputs": 3, "avl_outputs": 3, "avl_driver": 1}
LENGTH_OF = {2: 29, 3: 4, 4: 8, 5: 8}


def refuse_unless(condition, sentence):
    if not condition:
        sys.exit(f"not as the document says: {sentence}")


def until_zero(data, start):
    end = data.find(b"\0", start)
    refuse_unless(end >= 0, "a text has no zero byte")
    return data[start:end].decode("utf-8"), end + 1


def read_value(kind, value):
    refuse_unless(kind == 1 or len(value) == LENGTH_OF.get(kind), f"type {kind} with {len(value)} bytes")
    if kind == 1:
        text, end = until_zero(value, 0)
        refuse_unless(end == len(value), "bytes behind the zero byte of a text")
        return text
    if kind == 2:
        longitude, latitude, altitude = struct.unpack("<ddd", value[:24])
        speed, course, satellites = struct.unpack(">HHB", value[24:])
        refuse_unless(course < 360, f"a course of {course}")
        return [longitude, latitude, altitude, speed, course, satellites]
    return struct.unpack({3: ">i", 4: "<d", 5: ">q"}[kind], value)[0]


def read_block(data, at):
    refuse_unless(at + 6 <= len(data), "the head of a block is cut")
    mark, size = struct.unpack(">HI", data[at : at + 6])
    refuse_unless(mark == 0x0BBB, f"a block begins with {mark:04x}")
    end = at + 6 + size
    refuse_unless(end <= len(data), "a block is longer than its packet")
    hidden, kind = data[at + 6], data[at + 7]
    name, start = until_zero(data, at + 8)
    refuse_unless(0 < len(name.encode()) <= 38, f"a name of {len(name.encode())} bytes")
    refuse_unless(hidden == (1 if name in TYPE_OF else 0), f"{name} has hidden {hidden}")
    refuse_unless(kind == TYPE_OF.get(name, kind), f"{name} has type {kind}")
    return name, kind, read_value(kind, data[start:end]), end


def read_packet(data):
    unit, at = until_zero(data, 0)
    refuse_unless(unit != "", "an empty unit id")
    seconds, flags = struct.unpack(">iI", data[at : at + 8])
    refuse_unless(flags & ~KNOWN_FLAGS == 0, f"reserved flags in {flags:08x}")
    at += 8
    blocks = []
    while at < len(data):
        name, kind, value, at = read_block(data, at)
        blocks.append([name, kind, value])
    names = [name for name, _, _ in blocks]
    refuse_unless(len(set(names)) == len(names), "a name comes twice")
    for name, flag in FLAG_OF.items():
        refuse_unless((name in names) == bool(flags & flag), f"flags {flags:08x} disagree about {name}")
    return {"unit": unit, "time": seconds, "flags": flags, "blocks": blocks}


def main():
    data = sys.stdin.buffer.read()
    at = 0
    while at < len(data):
        refuse_unless(at + 4 <= len(data), "the size of a packet is cut")
        (size,) = struct.unpack("<I", data[at : at + 4])
        refuse_unless(at + 4 + size <= len(data), "the last packet is cut")
        print(json.dumps(read_packet(data[at + 4 : at + 4 + size])))
        at += 4 + size


main()

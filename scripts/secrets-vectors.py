#!/usr/bin/python3
"""Known answers for the encrypted file, made without any of smtpwiz's code.

It follows docs/secrets-file.md with Debian's python3-argon2 and the AESGCM of
Debian's python3-cryptography:

    sudo apt-get install python3-argon2 python3-cryptography

    scripts/secrets-vectors.py make > internal/secret/testdata/vectors.json
    scripts/secrets-vectors.py check internal/secret/testdata/vectors.json
    scripts/secrets-vectors.py read FILE < KEY      # prints {"id": "password in hexadecimal"}

Nothing in it is random, so `make` always prints the same.
"""

import base64
import hashlib
import json
import re
import sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "smtpwiz-secrets/1"


def b64(data):
    return base64.b64encode(data).decode()


def derive(key, salt, time, memory, threads):
    """The wrapping key and the key check."""
    both = hash_secret_raw(key, salt, time, memory, threads, 64, Type.ID, 19)
    return both[:32], hashlib.sha256(both[32:]).digest()


def seal(key, nonce, plain, associated):
    return nonce + AESGCM(key).encrypt(nonce, plain, associated.encode())


def unseal(key, sealed, associated):
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], associated.encode())


def without_line_end(data):
    for end in (b"\r\n", b"\n"):
        if data.endswith(end):
            return data[:-len(end)]
    return data


def with_checksum(body):
    return body + "sha256 " + hashlib.sha256(body.encode()).hexdigest() + "\n"


def stable(seed, size):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(seed.encode()).digest(size)


def make_one(name, kind, key, cost, records):
    time, memory, threads = cost
    salt, file_key = stable(name + " salt", 16), stable(name + " file key", 32)
    wrapping, check = derive(key, salt, time, memory, threads)
    body = VERSION + "\n"
    body += f"unlock {kind}\n"
    body += f"argon2id {time} {memory} {threads} {b64(salt)}\n"
    body += f"check {b64(check)}\n"
    body += f"key {b64(seal(wrapping, stable(name + ' key nonce', 12), file_key, VERSION))}\n"
    for record_id, date, password in records:
        sealed = seal(file_key, stable(f"{name} {record_id} nonce", 12), password, f"{VERSION} {record_id}")
        body += f"record {record_id} {date} {b64(sealed)}\n"
    return {
        "name": name, "unlock": kind, "key_hex": key.hex(), "file": with_checksum(body),
        "wrapping_key_hex": wrapping.hex(), "check_hex": check.hex(), "file_key_hex": file_key.hex(),
        "records": [{"id": i, "set": d, "password_hex": p.hex()} for i, d, p in records],
    }


def make():
    marker = "pa55-Marker-9fQ".encode()
    everything = bytes(range(256))
    return [
        make_one("empty", "passphrase", b"correct horse", (1, 64, 1), []),
        make_one("one", "passphrase", b"correct horse", (1, 64, 1), [("ABC", "2026-01-02T03:04:05Z", marker)]),
        make_one("several, in Unicode", "passphrase", "пароль 密碼 🔑".encode(), (2, 256, 4), [
            ("b-2", "2026-12-31T23:59:59Z", "ключ от почты".encode()),
            ("A_1", "1999-01-01T00:00:00Z", b"x"),
            ("Z" * 64, "2026-02-28T12:00:00Z", everything),
        ]),
        make_one("key file", "key-file", b64(stable("a key file", 32)).encode(), (1, 64, 3),
                 [("ABC", "2026-01-02T03:04:05Z", marker)]),
        make_one("smallest memory of many lanes", "passphrase", b"p", (64, 512, 64),
                 [("ABC", "2026-01-02T03:04:05Z", marker)]),
        make_one("memory no multiple of the lanes", "passphrase", b"p", (3, 1021, 7),
                 [("ABC", "2026-01-02T03:04:05Z", marker)]),
        make_one("default cost", "passphrase", b"correct horse battery staple", (3, 65536, 4),
                 [("ABC", "2026-01-02T03:04:05Z", marker)]),
    ]


LINE = {
    "unlock": r"(passphrase|key-file)",
    "argon2id": r"(\d+) (\d+) (\d+) (\S+)",
    "check": r"(\S+)",
    "key": r"(\S+)",
}


def read(text, key):
    """The passwords of a file, by record id."""
    body, checksum = text[:-72], text[-72:]
    if checksum != "sha256 " + hashlib.sha256(body.encode()).hexdigest() + "\n":
        sys.exit("damaged")
    lines = body.splitlines()
    if lines[0] != VERSION:
        sys.exit("another version")
    header = {}
    for line, (word, pattern) in zip(lines[1:5], LINE.items()):
        header[word] = re.fullmatch(f"{word} {pattern}", line).groups()
    time, memory, threads, salt = header["argon2id"]
    wrapping, check = derive(key, base64.b64decode(salt), int(time), int(memory), int(threads))
    if b64(check) != header["check"][0]:
        sys.exit("wrong passphrase")
    file_key = unseal(wrapping, base64.b64decode(header["key"][0]), VERSION)
    passwords = {}
    for line in lines[5:]:
        _, record_id, _, sealed = line.split(" ")
        passwords[record_id] = unseal(file_key, base64.b64decode(sealed), f"{VERSION} {record_id}")
    return passwords


def main(args):
    if args == ["make"]:
        json.dump(make(), sys.stdout, indent=1)
        print()
    elif len(args) == 2 and args[0] == "check":
        if json.load(open(args[1], encoding="utf-8")) != make():
            sys.exit(f"{args[1]} is not what this script makes")
    elif len(args) == 2 and args[0] == "read":
        text = open(args[1], encoding="utf-8", newline="").read()
        print(json.dumps({i: p.hex() for i, p in read(text, without_line_end(sys.stdin.buffer.read())).items()}))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

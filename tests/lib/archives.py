#!/usr/bin/env python3
"""archives.py DIRECTORY - archives that nobody should unpack, each as DIRECTORY/NAME.tar.gz

Each has a well-formed file beside what is wrong with it.
"""
import gzip
import io
import os
import sys
import tarfile
import zlib

directory = sys.argv[1]


def write(name, data):
    with open(os.path.join(directory, name + ".tar.gz"), "wb") as f:
        f.write(data)


def entry(name, data=b"int x;\n", **more):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def tar(*entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return out.getvalue()


def link(name, target, kind):
    return entry(name, b"", type=kind, linkname=target)


good = entry("top/a.c", b"int a(void) { return 1; }\n")
bad = {
    "upwards": tar(good, entry("top/../../etc/cron.d/x")),
    "absolute": tar(good, entry("/etc/passwd")),
    "dot": tar(good, entry("top/./b.c")),
    "two-tops": tar(good, entry("other/b.c")),
    "no-top": tar(entry("a.c")),
    "gnu": tar(good, entry("top/" + "x" * 120 + ".c"), format=tarfile.GNU_FORMAT),
    "twice": tar(good, good),
    "nothing": b"",
    "no-end": tar(good)[:1024],
    "behind-the-end": tar(good) + tar(entry("top/b.c")),
}
broken = bytearray(tar(good))
broken[148] ^= 1
bad["checksum"] = bytes(broken)
huge = bytearray(tar(good))
huge[124:136] = b"77777777777\0"
huge[148:156] = b"        "
huge[148:156] = b"%06o\0 " % sum(huge[:512])
bad["huge"] = bytes(huge)
fat = bytearray(tar(link("top/l", "/etc/passwd", tarfile.SYMTYPE)))
fat[124:136] = b"00000001000\0"
fat[148:156] = b"        "
fat[148:156] = b"%06o\0 " % sum(fat[:512])
bad["link-with-contents"] = bytes(fat)
pax = bytearray(tar(entry("top/" + "x" * 120 + ".c")))
at = pax.index(b" path=")
pax[at - 1:at] = b"0"
bad["extended"] = bytes(pax)
for name, data in bad.items():
    write(name, gzip.compress(data))
write("not-gzip", tar(good))
write("cut-off", gzip.compress(tar(good, entry("top/b.c", os.urandom(5000))))[:2000])
write("crc", gzip.compress(tar(good))[:-8] + b"\0" * 8)
write("two-members", gzip.compress(tar(good)) + gzip.compress(b"x"))

# five gibibytes of zeros in five mebibytes, without holding them
deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
info = tarfile.TarInfo("top/bomb.c")
info.size = 5 * 1024 ** 3
with open(os.path.join(directory, "bomb.tar.gz"), "wb") as f:
    f.write(deflate.compress(info.tobuf(tarfile.PAX_FORMAT)))
    for _ in range(64):
        f.write(deflate.compress(bytes(1024 * 1024)))
    f.write(deflate.flush())

# what is fine, with things to be passed over
write("odd", gzip.compress(tar(
    good, link("top/link.c", "/etc/passwd", tarfile.SYMTYPE), link("top/hard.c", "top/a.c", tarfile.LNKTYPE),
    entry("top/fifo", b"", type=tarfile.FIFOTYPE), entry("top/dev", b"", type=tarfile.CHRTYPE),
    entry("top/binary.c", b"int a;\0"), entry("top/" + "deep/" * 30 + "long_name.c", b"int deep_one(void) { return 2; }\n"),
    entry("top/gr\u00fcn.c", b"int green(void) { return 3; }\n"), entry("top/node_modules/x/a.c"), entry("top/x.min.js"),
    entry("top/.gitignore", b"skipped.c\n"), entry("top/sub/skipped.c"), entry("top/sub/.mcpragignore", b"*.py\n"),
    entry("top/sub/a.py", b"def a(): pass\n"), entry("top/b.py", b"def b(): pass\n"))))

# bpf(2) from Python, without a library.
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
BPF, CREATE, LOOKUP, UPDATE = 321, 0, 1, 2


def bpf(command, *fields):
    attr = (ctypes.c_uint64 * 16)(*fields)
    result = libc.syscall(BPF, command, ctypes.byref(attr), 72)
    return result if result >= 0 else -ctypes.get_errno()


key, value = ctypes.c_uint32(1), ctypes.c_uint64(7)
fd = bpf(CREATE, 1 | 4 << 32, 8 | 16 << 32)  # a hash: 4 bytes to 8, 16 entries
print("map", fd >= 0, "bpf-map" in os.readlink("/proc/self/fd/%d" % fd))
print("update", bpf(UPDATE, fd, ctypes.addressof(key), ctypes.addressof(value), 0))
value.value = 0
print("lookup", bpf(LOOKUP, fd, ctypes.addressof(key), ctypes.addressof(value), 0), value.value)
key.value = 2
print("lookup", bpf(LOOKUP, fd, ctypes.addressof(key), ctypes.addressof(value), 0))

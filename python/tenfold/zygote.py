"""The zygote's side of Tenfold's protocol (src/base/zygote_protocol.hpp): forks a replica for each order."""
import ctypes
import os
import signal
import socket
import struct
import sys
import threading

VARIABLE = "TENFOLD_ZYGOTE"
ORDER_BYTES = 4096
DESCRIPTORS = 3
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# With the interpreter's lock held: this process must be the same before and after.
libc = ctypes.PyDLL(None, use_errno=True)


def obstacles():
    """What this process has that forks of it cannot use, in words: (errors, warnings)."""
    errors, warnings = [], []
    names = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if names:
        errors.append(f"{len(names)} thread{'s run' if len(names) > 1 else ' runs'} after the import: "
                      f"{', '.join(names)}. A replica is a fork and would not have "
                      f"{'them' if len(names) > 1 else 'it'}: start such in a hook of tenfold.after_fork")
    foreign = len(os.listdir("/proc/self/task")) - 1 - len(names)
    if foreign > 0:
        warnings.append(f"{foreign} thread{'s' if foreign > 1 else ''} of a library outside Python will not be there in "
                        "replicas; OpenBLAS starts its own again, others may hang")
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        if target.startswith("/dev/nvidia"):
            errors.append("CUDA was initialised by the import, and does not work in forks of a process that has used "
                          "it: touch the GPU in a hook of tenfold.after_fork")
            break
        if target.startswith("socket:") and (peer := peer_of(int(fd))):
            warnings.append(f"a connection to {peer} is open after the import, and all replicas would share it: open it "
                            "in a hook of tenfold.after_fork")
    return errors, warnings


def peer_of(fd):
    """Whom an internet socket is connected to, or None."""
    with socket.socket(fileno=os.dup(fd)) as one:
        if one.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        try:
            host, port, *_ = one.getpeername()
        except OSError:
            return None
        return f"{host}:{port}"


def fork_orphan():
    """Forks a process whose parent has ended by the time that this returns, so that Tenfold's keeper is its parent.
    Returns 0 in it, and its number here."""
    reading, writing = os.pipe()
    # Not os.fork, whose hooks are for replicas: what ends at once is none.
    parent = libc.fork()
    if parent == 0:
        try:
            forked = os.fork()
        except OSError as error:
            forked = -error.errno
        if forked == 0:
            os.close(reading)
            os.close(writing)
            return 0
        os.write(writing, struct.pack("i", forked))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        number = told.read(4)
    if parent < 0:
        return -ctypes.get_errno()
    os.waitpid(parent, 0)
    return struct.unpack("i", number)[0] if number else -1


def become_replica(variables, out, err, gate):
    """In the new replica. It does not go on if its keeper is gone."""
    os.setsid()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    if os.read(gate, 1) == b"":
        os._exit(1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.close(gate)
    for variable in filter(None, variables.split(b"\0")):
        name, _, value = variable.partition(b"=")
        os.environb[name] = value


def orders():
    """The socket on which this process is told to fork; None if it is no zygote."""
    told = os.environ.pop(VARIABLE, None)
    if told is None:
        return None
    os.set_inheritable(int(told), False)
    return socket.socket(fileno=int(told))


def fork_replicas(connection):
    """Forks a replica whenever it is told to. Returns in each of them, and ends the zygote when no more are wanted."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.sendall(struct.pack("i", 0))
    while True:
        variables, descriptors, _, _ = socket.recv_fds(connection, ORDER_BYTES, DESCRIPTORS)
        if len(descriptors) != DESCRIPTORS:
            sys.exit(0)
        sys.stdout.flush()
        sys.stderr.flush()
        replica = fork_orphan()
        if replica == 0:
            connection.close()
            become_replica(variables, *descriptors)
            return
        connection.sendall(struct.pack("i", replica))
        for descriptor in descriptors:
            os.close(descriptor)

"""A port for a server of a test."""

import random
import socket

given = set()


def free_port():
    """Below the ports that outgoing connections are given, so that none of them takes it before it is used, or while
    its server is away."""
    while True:
        port = random.SystemRandom().randrange(20000, 32768)
        if port in given:
            continue
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                given.add(port)
                return port
            except OSError:
                continue
